namespace TsDb.Replication.Ports;

/// <summary>Where an <see cref="IEdgeLink"/> puts what comes from brokers.</summary>
public interface IEdgeInbox
{
    /// <summary>
    /// A message came. Waits while there is no room, and so holds back the connection that it came on; never
    /// throws for what a message says. <paramref name="payload"/> is the receiver's from now on.
    /// </summary>
    ValueTask TakeAsync(string broker, string topic, ReadOnlyMemory<byte> payload, CancellationToken ct);

    /// <summary>The connection to a broker is gone.</summary>
    ValueTask LostAsync(string broker, CancellationToken ct);
}
