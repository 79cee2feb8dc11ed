using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Receiving;

/// <content>Shards that move, and what is to go: by retention, or because others have it.</content>
public sealed partial class ReceiveService
{
    private const int DropFilesMax = 256;
    private static readonly TimeSpan ChangePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ExpiredEvery = TimeSpan.FromMinutes(5);

    private long _expiredRevision = -1;
    private DateTimeOffset _expiredAt;

    private async Task MoveAsync(CancellationToken ct)
    {
        MoveWatch watch = new(_options.Receiver.Self, _options.MoveGrace);
        using PeriodicTimer timer = new(_options.MoveEvery, _clock);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (_ports.Cluster.Current is not { } cluster) continue;
            try
            {
                await SpeakAsync(watch, cluster, ct);
                DropExpired(cluster);
                await GiveAwayAsync(watch, cluster, ct);
            }
            catch (Exception e) when (e is IOException or TsDbException
                || (e is OperationCanceledException && !ct.IsCancellationRequested))
            {
                // Nothing is lost by it: the next turn sees the same and tries again.
                Log.MoveDelayed(_log, e.Message);
            }
        }
    }

    private async Task SpeakAsync(MoveWatch watch, ClusterConfiguration cluster, CancellationToken ct)
    {
        NodeId self = _options.Receiver.Self;
        Member? member = cluster.Members.FirstOrDefault(m => m.Id == self);
        if (member is null) return;
        using CancellationTokenSource patience = new(ChangePatience, _clock);
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
        if (watch.Arrivals(cluster, shard => IsWhole(shard) ? _store.WholeSince(shard) : null)
            is { IsEmpty: false } arrived)
        {
            await ArriveAsync(new ClusterCommand.Arrive(self, member.DirectoryId, arrived), either.Token);
            Log.ShardsArrived(_log, arrived.Length);
        }

        foreach (ClusterCommand.Arrive excused
            in watch.Excused(cluster, _ports.Cluster.IsLive, _clock.GetUtcNow()))
        {
            await ArriveAsync(excused, either.Token);
            Log.ShardsHandedOverWithout(_log, excused.Shards.Length, excused.Node);
        }

        if (watch.Ends(cluster, _clock.GetUtcNow()) is { IsEmpty: false } ended)
        {
            await _ports.Cluster.ChangeAsync(
                new ClusterCommand.EndMoves(ended),
                now => ended.All(a => now.MoveOf(a.Shard)?.Since != a.Since),
                either.Token);
        }
    }

    private Task ArriveAsync(ClusterCommand.Arrive said, CancellationToken ct) => _ports.Cluster.ChangeAsync(
        said,
        now => said.Shards.All(a => now.MoveOf(a.Shard) is not { } move
            || move.Since != a.Since || move.Arrived.Contains(said.Node)),
        ct);

    private void DropExpired(ClusterConfiguration cluster)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (cluster.Revision == _expiredRevision && now - _expiredAt < ExpiredEvery) return;
        CellLeaves[] expired = [.. _store.Current.Cells.Where(cell => cluster.IsExpired(cell.Cell))];
        foreach (CellLeaves cell in expired)
            _store.Drop(cell.Files, ReplicaStore.RuleRetention);
        (_expiredRevision, _expiredAt) = (cluster.Revision, now);
        if (expired.Length > 0) Log.CellsExpired(_log, expired.Length);
    }

    // What every owner has on its disk goes; what one of them lacks it fetches from here, having been told.
    private async Task GiveAwayAsync(MoveWatch watch, ClusterConfiguration cluster, CancellationToken ct)
    {
        ReplicaVersion version = _store.Current;
        ShardId[] held = [.. version.ShardDigests(cluster.ShardCount).Keys];
        foreach (ShardId shard in watch.Foreign(cluster, held, _clock.GetUtcNow()))
        {
            // Who is silent cannot be told; the other shards do not wait for it.
            ImmutableArray<NodeId> owners = Placement.Owners(cluster, shard);
            if (!owners.All(_ports.Cluster.IsLive)) continue;
            StoredFile[] files = FilesToGive(version, shard, cluster.ShardCount);
            Leaf[] mine = [.. files.SelectMany(file => file.Leaves)];
            HashSet<Leaf> everywhere = [.. mine];
            StoredNotice notice = new(
                _options.Receiver.Self, cluster.Id, cluster.Epoch,
                [.. mine.Select(leaf => new NoticedLeaf(leaf, Counts: false))]);
            foreach (NodeId owner in owners)
            {
                StoredReply reply = await _ports.Peers.StoredAsync(owner, notice, ct);
                if (reply.Epoch != cluster.Epoch) return;
                everywhere.ExceptWith(mine.Where((_, i) => reply.Has[i] == HeldState.Absent));
            }

            StoredFile[] given = [.. files.Where(file => file.Leaves.All(everywhere.Contains))];
            if (given.Length == 0) continue;
            _store.Drop(given, ReplicaStore.RuleMoved);
            Log.LeavesGivenAway(_log, given.Sum(file => file.LeafCount), shard);
        }
    }

    // A merged file goes with all its leaves or not at all.
    private static StoredFile[] FilesToGive(ReplicaVersion version, ShardId shard, int shardCount)
    {
        int leaves = 0;
        return
        [
            .. version.CellsOf(shard, shardCount).SelectMany(cell => cell.Files)
                .TakeWhile(file => (leaves += file.LeafCount) <= StoredNotice.LeavesMax).Take(DropFilesMax),
        ];
    }
}
