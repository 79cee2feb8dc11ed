using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>How far the cloud is behind this edge.</summary>
/// <param name="Backlog">What lies here and is not durable in the cloud yet.</param>
/// <param name="Uplink">The state of the connection and the last error.</param>
public sealed record ShipLag(ShipBacklog Backlog, ShipStatus Uplink)
{
    /// <summary>When all of it would be durable at the present rate; null if nothing moves.</summary>
    public TimeSpan? Eta => Backlog.BytesLength == 0 ? TimeSpan.Zero
        : Uplink.BytesPerSecond * SecondsMax > Backlog.BytesLength
            ? TimeSpan.FromSeconds(Backlog.BytesLength / Uplink.BytesPerSecond)
            : null;

    // Three years: beyond it a forecast says nothing.
    private const double SecondsMax = 1e8;
}
