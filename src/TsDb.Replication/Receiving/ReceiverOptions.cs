using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>Identity and limits of a <see cref="Receiver"/>.</summary>
public sealed record ReceiverOptions
{
    /// <summary>This node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Largest shipment taken, plain or as it travels; a larger one is refused.</summary>
    public long ShipmentBytesMax { get; init; } = 256L << 20;

    /// <summary>
    /// Bytes of shipments being put together or waiting to be stored; beyond it edges are told to wait.
    /// </summary>
    public long PendingBytesMax { get; init; } = 512L << 20;

    /// <summary>Number of such shipments.</summary>
    public int PendingCountMax { get; init; } = 1_024;

    /// <summary>
    /// Leaves whose replicas are being counted; beyond it the oldest is forgotten until offered again.
    /// </summary>
    public int CountedLeavesMax { get; init; } = 65_536;

    /// <summary>How long nothing comes before missing bytes are asked for; doubled each time.</summary>
    public TimeSpan SilenceMin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest that doubling leads to.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so many unanswered wants the pieces are given up; the edge will offer again.</summary>
    public int WantsMax { get; init; } = 8;

    /// <summary>
    /// How long the bytes may take to come from the edge once a co-owner has them; then they are fetched.
    /// </summary>
    public TimeSpan FetchAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// First wait before a co-owner that has not got a leaf is told again; doubled each time.
    /// </summary>
    public TimeSpan NoticeMin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The longest that doubling leads to.</summary>
    public TimeSpan NoticeMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long edges are told to wait when the disk is full.</summary>
    public TimeSpan DiskFullWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long edges are told to wait when too much is pending.</summary>
    public TimeSpan BusyWait { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The least time between two words to the brokers of what the cluster is, while it stays what it is.
    /// </summary>
    public TimeSpan ClusterWordEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// An edge that is connected but silent for this long no longer keeps another of its name out.
    /// </summary>
    public TimeSpan PresenceMax { get; init; } = TimeSpan.FromMinutes(90);

    /// <summary>The same after the broker that told of it was lost.</summary>
    public TimeSpan PresenceUncertainMax { get; init; } = TimeSpan.FromSeconds(60);
}
