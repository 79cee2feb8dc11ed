using TsDb.Replication.Ports;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>Takes replies to questions out of what comes from brokers.</summary>
internal sealed class ReplyInbox(IEdgeInbox inner, Func<string, ReadOnlyMemory<byte>, bool> replies)
    : IEdgeInbox
{
    public ValueTask TakeAsync(
        string broker, string topic, ReadOnlyMemory<byte> payload, CancellationToken ct) =>
        replies(topic, payload) ? ValueTask.CompletedTask : inner.TakeAsync(broker, topic, payload, ct);

    public ValueTask LostAsync(string broker, CancellationToken ct) => inner.LostAsync(broker, ct);
}
