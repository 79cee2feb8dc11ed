namespace TsDb.Replication.Ports;

/// <summary>
/// The brokers between edges and cloud nodes, all of them together. Messages may be lost, doubled and
/// reordered; the receiver drops repeats.
/// </summary>
public interface IEdgeLink
{
    /// <summary>
    /// Begins to take messages; they go to <paramref name="inbox"/>, also from connections made later.
    /// </summary>
    Task StartAsync(IEdgeInbox inbox, CancellationToken ct);

    /// <summary>
    /// Topic filters to hear on every broker from now on, instead of those set before. Returns without
    /// waiting.
    /// </summary>
    void Subscribe(IReadOnlyCollection<string> filters);

    /// <summary>
    /// Sends a message on every broker that is connected. Returns when it was handed over; a failure is
    /// logged, not thrown: whoever misses the message asks again.
    /// </summary>
    ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken ct);

    /// <summary>
    /// Keeps a retained message in place on every broker, also on those that are connected later. Returns
    /// without waiting.
    /// </summary>
    void Retain(string topic, ReadOnlyMemory<byte> payload);
}
