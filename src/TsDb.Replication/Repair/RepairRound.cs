using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Repair;

/// <summary>
/// Compares shards with the other nodes that have them and fetches what is missing here: shard digests first,
/// then those of each table and day that differ, then lists. What this node has and a peer has not is the
/// peer's to fetch.
/// </summary>
public sealed class RepairRound(
    NodeId self, LeafKeeper keeper, IPeerLink peers, LeafFetcher fetcher, ILogger log)
{
    private const int BatchLeavesMax = 64;
    private const long BatchBytesMax = 32L << 20;

    private readonly ReplicaStore _store = keeper.Store;

    /// <summary>
    /// Compares these shards. Never throws for a peer that does not answer: it is not counted as heard.
    /// Shards that were heard enough of while recovering are marked as whole.
    /// </summary>
    public async Task<RepairReport> RunAsync(
        ClusterConfiguration cluster, IReadOnlyCollection<ShardId> shards, CancellationToken ct)
    {
        ImmutableHashSet<Leaf> lost = _store.Lost;
        SortedDictionary<ShardId, Hearing> heard = [];
        SortedDictionary<NodeId, List<ShardId>> asked = [];
        foreach (ShardId shard in shards.Distinct().Order())
        {
            heard[shard] = new Hearing();
            foreach (NodeId peer in RepairPolicy.PeersOf(Placement.Of(cluster, shard), self))
            {
                if (!asked.TryGetValue(peer, out List<ShardId>? list)) asked.Add(peer, list = []);
                list.Add(shard);
            }
        }

        Tally tally = new();
        foreach ((NodeId peer, List<ShardId> list) in asked)
            await CompareAsync(cluster, peer, [.. list], heard, tally, ct);

        ShardId[] conclusive =
            [
                .. heard.Where(h => h.Value.Counted >= RepairPolicy.HeardMin(
                    cluster, Placement.Of(cluster, h.Key), self, IsWhole(cluster, h.Key),
                    _store.CountsIn(cluster, h.Key, self)))
                    .Select(h => h.Key),
            ];
        _store.MarkWhole(cluster.Epoch, [.. conclusive.Where(shard => !IsWhole(cluster, shard)
            || _store.WholeSince(shard)?.Value < cluster.MoveOf(shard)?.Since.Value)]);
        Forget(cluster, lost, heard);
        ShardId[] inconclusive = [.. heard.Keys.Except(conclusive)];
        return new RepairReport([.. conclusive], [.. inconclusive], tally.Fetched, tally.Missing)
        {
            Exhausted = [.. inconclusive.Where(shard => _store.CountsIn(cluster, shard, self)
                && heard[shard].Compared
                    == RepairPolicy.PeersOf(Placement.Of(cluster, shard), self).Count)],
        };
    }

    private bool IsWhole(ClusterConfiguration cluster, ShardId shard) =>
        _store.IsWholeIn(cluster, shard, self);

    // What was lost before the round and nobody has, of enough to have it if it had been durable, is not
    // looked for any more; nor what retention would have taken by now.
    private void Forget(
        ClusterConfiguration cluster, ImmutableHashSet<Leaf> lost, SortedDictionary<ShardId, Hearing> heard)
    {
        if (lost.IsEmpty) return;
        _store.Forget([.. lost.Where(leaf => cluster.IsExpired(leaf.Cell))], ReplicaStore.RuleRetention);
        _store.Forget(
            [
                .. lost.Where(leaf =>
                {
                    ShardId shard = ShardId.Of(leaf.Cell, cluster.ShardCount);
                    return heard.TryGetValue(shard, out Hearing? said) && said.Counted
                        >= RepairPolicy.HeardOfLostMin(cluster, Placement.Of(cluster, shard));
                }),
            ],
            ReplicaStore.RuleUnheld);
    }

    private async Task CompareAsync(
        ClusterConfiguration cluster,
        NodeId peer,
        ImmutableArray<ShardId> shards,
        SortedDictionary<ShardId, Hearing> heard,
        Tally tally,
        CancellationToken ct)
    {
        try
        {
            ImmutableArray<ShardDigest> digests = await peers.ShardDigestsAsync(peer, shards, ct);
            SortedDictionary<ShardId, LeafDigest> ours = _store.Current.ShardDigests(cluster.ShardCount);
            foreach (ShardDigest theirs in digests)
            {
                bool isSame = theirs.Digest == ours.GetValueOrDefault(theirs.Shard);
                if (!isSame && !await PullAsync(cluster, peer, theirs.Shard, tally, ct)) continue;

                // A peer that is recovering itself may lack what was durable: it gives, but it proves
                // nothing.
                Hearing hearing = heard[theirs.Shard];
                hearing.Compared++;
                if (RepairPolicy.Counts(cluster, Placement.Of(cluster, theirs.Shard), self, peer, theirs))
                    hearing.Counted++;
            }
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Deadline
            or ErrorKind.Closed or ErrorKind.Conflict)
        {
            Receiving.Log.PeerNotHeard(log, peer, e.Message);
        }
    }

    private async Task<bool> PullAsync(
        ClusterConfiguration cluster, NodeId peer, ShardId shard, Tally tally, CancellationToken ct)
    {
        Dictionary<(TableId, Day), LeafDigest> ours = _store.Current.CellsOf(shard, cluster.ShardCount)
            .GroupBy(cell => (cell.Cell.Table, cell.Cell.Day))
            .ToDictionary(
                group => group.Key,
                group => group.Aggregate(LeafDigest.Empty, (sum, cell) => sum + cell.Digest));
        bool isWhole = true;
        foreach (DayDigest theirs in await peers.DayDigestsAsync(peer, shard, ct))
        {
            if (ours.TryGetValue(
                (theirs.Table, theirs.Day), out LeafDigest digest) && digest == theirs.Digest)
                continue;
            ImmutableArray<ListedLeaf> listed =
                await peers.LeavesAsync(peer, shard, theirs.Table, theirs.Day, ct);
            isWhole &= await FetchAsync(cluster, peer, listed, tally, ct);
        }

        return isWhole;
    }

    private async Task<bool> FetchAsync(
        ClusterConfiguration cluster,
        NodeId peer,
        ImmutableArray<ListedLeaf> listed,
        Tally tally,
        CancellationToken ct)
    {
        bool isWhole = true;
        List<TransferredLeaf> batch = [];
        long bytes = 0;
        foreach (ListedLeaf theirs in listed)
        {
            if (_store.Current.Find(theirs.Leaf) is not null || cluster.IsExpired(theirs.Leaf.Cell)) continue;
            if (!IsRegistered(cluster, theirs.Leaf))
            {
                isWhole = false;
                continue;
            }

            try
            {
                batch.Add(await fetcher.FetchAsync(peer, theirs.Leaf, ct));
                bytes += batch[^1].Bytes.Length;
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
            {
                Receiving.Log.LeafNotFetched(log, theirs.Leaf, peer, e.Message);
                isWhole = false;
                tally.Missing++;
            }
            catch (TsDbException)
            {
                // The peer is lost, what it gave is not: over a bad link each round gets further.
                Keep(batch, tally);
                throw;
            }

            // With a merged file come leaves that are next in the list.
            bool isMerged = batch is [.., { Run: not null }];
            if (!isMerged && batch.Count < BatchLeavesMax && bytes < BatchBytesMax) continue;
            isWhole &= Keep(batch, tally);
            bytes = 0;
        }

        return Keep(batch, tally) && isWhole;
    }

    // Without a place in the registry a leaf has no place in the order of newness; this node will catch up.
    private static bool IsRegistered(ClusterConfiguration cluster, Leaf leaf) =>
        cluster.Edges.GetValueOrDefault(leaf.Cell.Edge)?.Incarnations.Contains(leaf.Incarnation) == true;

    private bool Keep(List<TransferredLeaf> batch, Tally tally)
    {
        bool isWhole = true;
        foreach (ReceiveEvent.Finished finished in keeper.Keep(batch, areHeld: true))
        {
            if (finished.Outcome is ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent)
            {
                tally.Fetched++;
                continue;
            }

            Receiving.Log.LeafNotKept(log, finished.Leaf, finished.Outcome, finished.Reason);
            isWhole = false;
            tally.Missing++;
        }

        batch.Clear();
        return isWhole;
    }

    private sealed class Hearing
    {
        // Peers that this node has all of, and those among them that prove what is durable.
        public int Compared { get; set; }

        public int Counted { get; set; }
    }

    private sealed class Tally
    {
        public int Fetched { get; set; }

        public int Missing { get; set; }
    }
}
