using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Replication.Repair;

/// <summary>Asks all members what they have of all shards, for people.</summary>
public sealed class ShardSurvey(
    IPeerLink peers, PeerDesk own, IClusterState cluster, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    // What one owner has just stored is on its way to the others: only who lacks it later is behind.
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Every shard; members that do not answer are not in it. Takes a second more where owners differ.
    /// </summary>
    public async Task<ImmutableArray<ShardState>> AskAsync(ClusterConfiguration current, CancellationToken ct)
    {
        ImmutableArray<ShardState> first = await AskOnceAsync(current, null, ct);
        if (!first.Any(shard => shard.Owners.Now.Any(node => shard.StateOf(node) == "behind"))) return first;
        await Task.Delay(Later, clock, ct);
        return await AskOnceAsync(current, first, ct);
    }

    private async Task<ImmutableArray<ShardState>> AskOnceAsync(
        ClusterConfiguration current, ImmutableArray<ShardState>? before, CancellationToken ct)
    {
        ImmutableArray<ShardId> shards =
            [.. Enumerable.Range(0, current.ShardCount).Select(number => new ShardId(number))];
        (NodeId Node, ImmutableArray<ShardDigest> Said)[] answers = await Task.WhenAll(
            current.Members.Select(async m => (m.Id, await AskAsync(m.Id, shards, ct))));
        return
        [
            .. shards.Select(shard =>
            {
                ImmutableSortedDictionary<NodeId, ShardDigest> said = answers
                    .Where(a => a.Said.Length == shards.Length)
                    .ToImmutableSortedDictionary(a => a.Node, a => a.Said[shard.Value]);
                ShardOwners owners = Placement.Of(current, shard);
                long most = before?[shard.Value].LeavesMost ?? owners.All
                    .Select(node => said.TryGetValue(node, out ShardDigest one) ? one.Digest.Count : 0).Max();
                return new ShardState(shard, owners, said, most);
            }),
        ];
    }

    private async Task<ImmutableArray<ShardDigest>> AskAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct)
    {
        if (node == cluster.Self) return own.ShardDigests(shards);
        if (!cluster.IsLive(node)) return [];
        using CancellationTokenSource late = new(Patience, clock);
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await peers.ShardDigestsAsync(node, shards, patience.Token);
        }
        catch (Exception e) when (e is TsDbException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Silence is what is shown then.
            return [];
        }
    }
}
