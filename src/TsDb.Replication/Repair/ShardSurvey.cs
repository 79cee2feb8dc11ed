using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Replication.Repair;

/// <summary>Asks all members what they have of all shards, for people.</summary>
public sealed class ShardSurvey(IPeerLink peers, PeerDesk own, IClusterState cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Every shard; members that do not answer are not in it.</summary>
    public async Task<ImmutableArray<ShardState>> AskAsync(ClusterConfiguration current, CancellationToken ct)
    {
        ImmutableArray<ShardId> shards =
            [.. Enumerable.Range(0, current.ShardCount).Select(number => new ShardId(number))];
        (NodeId Node, ImmutableArray<ShardDigest> Said)[] answers = await Task.WhenAll(
            current.Members.Select(async m => (m.Id, await AskAsync(m.Id, shards, ct))));
        return
        [
            .. shards.Select(shard => new ShardState(
                shard,
                Placement.Of(current, shard),
                answers.Where(a => a.Said.Length == shards.Length)
                    .ToImmutableSortedDictionary(a => a.Node, a => a.Said[shard.Value]))),
        ];
    }

    private async Task<ImmutableArray<ShardDigest>> AskAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct)
    {
        if (node == cluster.Self) return own.ShardDigests(shards);
        if (!cluster.IsLive(node)) return [];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
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
