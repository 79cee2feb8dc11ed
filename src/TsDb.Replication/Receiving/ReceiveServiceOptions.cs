using TsDb.Codec.Shipment;
using TsDb.Storage.Compaction;

namespace TsDb.Replication.Receiving;

/// <summary>How a <see cref="ReceiveService"/> works.</summary>
public sealed record ReceiveServiceOptions
{
    /// <summary>Identity and limits of the receiver.</summary>
    public required ReceiverOptions Receiver { get; init; }

    /// <summary>The id of the data directory that the store lies in.</summary>
    public required Guid Directory { get; init; }

    /// <summary>Topics of the cluster.</summary>
    public required ShipmentTopics Topics { get; init; }

    /// <summary>Messages that may wait for the receiver; beyond it the brokers' connections wait.</summary>
    public int InboxMessagesMax { get; init; } = 1_024;

    /// <summary>How often timers are looked at.</summary>
    public TimeSpan TickEvery { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often all shards are compared with their co-owners.</summary>
    public TimeSpan RepairEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The same while a shard is not known to be complete (after a start, while recovering).
    /// </summary>
    public TimeSpan RepairEagerlyEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often moving shards and what is to go are looked at.</summary>
    public TimeSpan MoveEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long both sets of owners go on storing after a shard was handed over.</summary>
    public TimeSpan MoveGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes a second that comparing and moving may fetch; null for no limit.</summary>
    public long? RepairBytesPerSecondMax { get; init; }

    /// <summary>Bytes a second of stored files that are compared with their hashes; 0 for none.</summary>
    public long ScrubBytesPerSecondMax { get; init; }

    /// <summary>Bounds of one merge of stored files; null for none.</summary>
    public CompactionLimits? Compaction { get; init; }

    /// <summary>How often it is looked for files to merge.</summary>
    public TimeSpan CompactEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a co-owner may take to answer a notice.</summary>
    public TimeSpan NoticePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the registry may take to register an edge.</summary>
    public TimeSpan RegisterPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// True in programs: loop and workers run on the thread pool. False in simulations: they run where
    /// <see cref="ReceiveService.StartAsync"/> was called and go on in its synchronisation context, so that
    /// one seed gives one trace.
    /// </summary>
    public bool HasOwnThreads { get; init; } = true;

    /// <summary>Leaves fetched from co-owners at a time, apart from repair.</summary>
    public int FetchersCount { get; init; } = 2;
}
