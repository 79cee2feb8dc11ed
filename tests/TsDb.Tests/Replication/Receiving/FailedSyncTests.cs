using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Disk;

namespace TsDb.Tests.Replication.Receiving;

/// <summary>After an fsync failed, what the page cache shows proves nothing. Found by the
/// simulation.</summary>
public sealed class FailedSyncTests
{
    private readonly FaultyDisk _disk = new(1);
    private int _ids;

    [Fact]
    public void A_catalog_whose_sync_failed_at_a_start_keeps_what_is_stored_after_the_next()
    {
        VerifiedLeaf first = Shipments.Make(1);
        VerifiedLeaf second = Shipments.Make(2);
        CloudIdentity.LoadOrCreate(_disk, Shipments.Node(1), Shipments.Node(1), NewId);
        Assert.Equal(ReceiveOutcome.Stored, Open().Store([first])[0]);
        _disk.Faults = call => call.Kind == DiskCallKind.Sync ? DiskFault.Io : DiskFault.None;
        Assert.ThrowsAny<IOException>(Open);
        _disk.Faults = null;
        Assert.Equal(ReceiveOutcome.Stored, Open().Store([second])[0]);
        _disk.Restart();
        ReplicaStore after = Open();
        Assert.NotNull(after.Current.Find(first.Leaf));
        Assert.NotNull(after.Current.Find(second.Leaf));
    }

    private ReplicaStore Open() => ReplicaStore.Open(
        _disk, NewId, new ReplicaStoreOptions { DiskReserveBytes = 1_000 }, NullLogger.Instance);

    private Guid NewId() => new(++_ids, 1, 0, new byte[8]);
}
