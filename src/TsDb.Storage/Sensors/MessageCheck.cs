using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>What a message would become on a node that has no points yet; nothing is stored.</summary>
/// <param name="Target">What the rules say of the topic.</param>
/// <param name="Content">What the payload holds.</param>
/// <param name="Parsed">The points; null if there are none to be had.</param>
/// <param name="Reason">Why something is refused or passed over; null if everything goes in.</param>
public sealed record MessageCheck(
    MessageTarget Target, MessageContent Content, ParsedPoints? Parsed, string? Reason)
{
    /// <summary>Tries a message as a node would take it.</summary>
    public static MessageCheck Of(
        SensorRules rules, string topic, ReadOnlyMemory<byte> payload, TimeProvider clock)
    {
        MessageTarget target = rules.Resolve(topic);
        MessageContent content =
            new MessageReader(new SparkplugNodes(new SparkplugLimits(), clock)).Read(target, topic, payload);
        if (content.Kind is MessageContentKind.Nothing or MessageContentKind.Refused)
            return new MessageCheck(target, content, null, content.Reason);
        IngestSetup setup = new(new IngestLimits(), new NodeTime(clock), HashSeed: 0);
        using MessageGroup group = new(setup, SchemaCatalog.Empty);
        GatheredMessage message = new()
        {
            Receipt = NoReceipt.Instance,
            Rules = content.Kind == MessageContentKind.Lines ? target.Lines : target.Points,
            Lines = payload,
            Points = content.Points,
            Json = target.Json,
        };
        group.TryAdd(message);
        return new MessageCheck(target, content, group.Parse(SchemaCatalog.Empty), message.Reason);
    }

    private sealed class NoReceipt : IMessageReceipt
    {
        public static NoReceipt Instance { get; } = new();

        public void End(MessageOutcome outcome, long refusedCount, string? reason)
        {
        }

        public void GroupEnded()
        {
        }
    }
}
