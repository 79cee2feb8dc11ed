using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Compaction;
using TsDb.Replication.Purging;
using TsDb.Replication.Repair;
using TsDb.Storage.Compaction;

namespace TsDb.Replication.Receiving;

/// <content>
/// Files that are written anew. Few of many: each owner compacts for itself, and only what all owners have on
/// disk: as long as one lacks a leaf, the leaf's own bytes are there for it. And without erased rows, once
/// their tombstone is final: each node for itself, whatever the others have.
/// </content>
public sealed partial class ReceiveService
{
    // Days end without a change of the catalog, so it is looked at again now and then.
    private static readonly TimeSpan CompactAgainAfter = TimeSpan.FromSeconds(30);

    private readonly ReplicaCompactor _compactor;
    private readonly ReplicaPurger _purger;
    private (long Version, Erasures? Erasures) _purged = (-1, null);
    private string? _purgeWaitsFor;
    private long _compactedVersion = -1;
    private DateTimeOffset _compactAgainAt;

    private async Task CompactAsync(CancellationToken ct)
    {
        using PeriodicTimer timer = new(_options.CompactEvery, _clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (_ports.Cluster.Current is not { } cluster) continue;
            Purge(cluster, ct);
            if (_options.Compaction is not { } limits) continue;
            try
            {
                await CompactAsync(cluster, limits, ct);
            }
            catch (Exception e) when (e is IOException or TsDbException
                || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // The old files stand; the next turn tries again.
                Log.MergingDelayed(_log, e.Message);
            }
        }
    }

    private void Purge(ClusterConfiguration cluster, CancellationToken ct)
    {
        ReplicaVersion version = _store.Current;
        if (_purged == (version.Number, cluster.Erasures)) return;
        try
        {
            // Damaged files are set aside, and fetched anew as they are at another owner.
            if (!_purger.Run(cluster.Erasures, ct)) AskRepair();
            _purgeWaitsFor = null;
            if (_store.Current.Number == version.Number) _purged = (version.Number, cluster.Erasures);
        }
        catch (Exception e) when (e is IOException or TsDbException)
        {
            // What is masked stays so; the next turn tries again.
            if (_purgeWaitsFor != e.Message) Log.PurgingDelayed(_log, e.Message);
            _purgeWaitsFor = e.Message;
        }
    }

    private async Task CompactAsync(
        ClusterConfiguration cluster, CompactionLimits limits, CancellationToken ct)
    {
        ReplicaVersion version = _store.Current;
        DateTimeOffset now = _clock.GetUtcNow();
        if (version.Number == _compactedVersion && now < _compactAgainAt) return;
        bool isAnyLeft = false;
        foreach (IGrouping<ShardId, ReplicaCompactionPlan> shard in version.Cells
            .Select(cell => ReplicaCompactionPolicy.Decide(cell, limits, now)).OfType<ReplicaCompactionPlan>()
            .Where(_compactor.IsPromising).ToLookup(plan => ShardId.Of(plan.Cell, cluster.ShardCount)))
        {
            isAnyLeft = true;
            HashSet<(TableId, Day)> agreed = await AgreedAsync(cluster, shard.Key, ct);
            foreach (ReplicaCompactionPlan plan in shard)
            {
                if (!agreed.Contains((plan.Cell.Table, plan.Cell.Day))) continue;
                ct.ThrowIfCancellationRequested();
                if (_compactor.Carry(plan, cluster.Erasures) || IsWhole(shard.Key)) continue;

                // A file turned out to be damaged or gone.
                AskRepair(shard.Key);
                break;
            }
        }

        if (!isAnyLeft) (_compactedVersion, _compactAgainAt) = (version.Number, now + CompactAgainAfter);
    }

    // The tables and days of a shard of which this node and all other owners have the same leaves; none while
    // one of them does not answer, which holds up no other shard.
    private async Task<HashSet<(TableId, Day)>> AgreedAsync(
        ClusterConfiguration cluster, ShardId shard, CancellationToken ct)
    {
        ShardOwners owners = Placement.Of(cluster, shard);
        NodeId self = _options.Receiver.Self;
        if (owners.Move is not null || !owners.Now.Contains(self) || !IsWhole(shard)) return [];
        NodeId[] peers = [.. owners.Now.Where(owner => owner != self)];
        if (!peers.All(_ports.Cluster.IsLive)) return [];
        HashSet<DayDigest> agreed = [.. Desk.DayDigests(shard)];
        try
        {
            foreach (NodeId peer in peers)
                agreed.IntersectWith(await _ports.Peers.DayDigestsAsync(peer, shard, ct));
        }
        catch (TsDbException e)
        {
            Log.MergingDelayed(_log, e.Message);
            return [];
        }

        return [.. agreed.Select(day => (day.Table, day.Day))];
    }
}
