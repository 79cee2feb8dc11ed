using TsDb.Codec.Json;
using TsDb.Model;

namespace TsDb.Storage.Sensors;

/// <summary>From the payload of a message to what it holds.</summary>
public sealed class MessageReader(SparkplugNodes sparkplug)
{
    /// <summary>Reads a payload as the target of its topic says. Never throws for what it reads.</summary>
    /// <param name="target">What the rules say of the topic.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The bytes.</param>
    public MessageContent Read(MessageTarget target, string topic, ReadOnlyMemory<byte> payload)
    {
        if (target.IsIgnored) return MessageContent.Ignored($"rule {target.Rule} ignores it");
        if (target.Refusal is not null) return MessageContent.Refused(target.Refusal);
        try
        {
            return target.Payload switch
            {
                PayloadKind.Sparkplug => sparkplug.Take(topic, payload),
                _ when payload.IsEmpty => MessageContent.Ignored("the payload is empty"),
                PayloadKind.Value =>
                    MessageContent.Of([ValueReader.Read(payload.Span, target.Field, target.Type)]),
                PayloadKind.Json => MessageContent.Of(ShapedJson.Parse(payload, target.Shape)),
                PayloadKind.Points => MessageContent.Of(SensorJson.Parse(payload)),
                PayloadKind.Auto when IsJson(payload.Span) => MessageContent.Of(SensorJson.Parse(payload)),
                _ => new MessageContent(MessageContentKind.Lines),
            };
        }
        catch (TsDbException error) when (error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            return MessageContent.Refused(error.Message);
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        int start = payload.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && payload[start] is (byte)'{' or (byte)'[';
    }
}
