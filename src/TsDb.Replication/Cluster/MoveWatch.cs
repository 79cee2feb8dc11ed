using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// What a node has to say and do about moving shards: that it has arrived, that a move may end, that it may
/// drop what others have now. Owned by one loop; time comes in.
/// </summary>
/// <param name="self">This node.</param>
/// <param name="grace">
/// How long both sets go on storing after the hand-over: a coordinator that is behind with the configuration
/// by less still gets whole answers. A former owner keeps what it has for some times as long.
/// </param>
public sealed class MoveWatch(NodeId self, TimeSpan grace)
{
    private const int DropGraces = 6;

    private readonly Dictionary<ShardArrival, DateTimeOffset> _handedOver = [];
    private readonly Dictionary<ShardId, DateTimeOffset> _foreign = [];
    private readonly Dictionary<Guid, DateTimeOffset> _silent = [];

    /// <summary>The shards that this node has arrived at and that the configuration does not say so
    /// of.</summary>
    public ImmutableArray<ShardArrival> Arrivals(
        ClusterConfiguration cluster, Func<ShardId, Epoch?> wholeSince) =>
    [
        .. cluster.Moves
            .Where(move => !move.IsHandedOver && !move.Arrived.Contains(self)
                && wholeSince(move.Shard) is { } since && since.Value >= move.Since.Value
                && Placement.Owners(cluster, move.Shard).Contains(self))
            .Select(move => new ShardArrival(move.Shard, move.Since)),
    ];

    /// <summary>
    /// What is said in the place of members that have been silent for the grace and that alone keep shards
    /// from being handed over: they need not arrive where they were owners before and the others have enough
    /// (<see cref="ShardOwners.CanGoWithout"/>). That is true of them live or not, so it does no harm to be
    /// wrong about their silence. The first owner that is live speaks.
    /// </summary>
    public ImmutableArray<ClusterCommand.Arrive> Excused(
        ClusterConfiguration cluster, Func<NodeId, bool> isLive, DateTimeOffset now)
    {
        Member[] silent = [.. cluster.Members.Where(member => !isLive(member.Id))];
        foreach (Guid heard in _silent.Keys.Except(silent.Select(m => m.DirectoryId)).ToArray())
            _silent.Remove(heard);
        foreach (Member member in silent) _silent.TryAdd(member.DirectoryId, now);
        HashSet<NodeId> absent =
            [.. silent.Where(m => now - _silent[m.DirectoryId] >= grace).Select(m => m.Id)];
        if (absent.Count == 0) return [];
        ShardOwners[] ready =
        [
            .. cluster.Moves.Select(move => Placement.Of(cluster, move.Shard))
                .Where(owners => !owners.Awaited.IsEmpty && owners.Awaited.All(absent.Contains)
                    && owners.CanGoWithout(owners.Awaited)
                    && owners.Now.Where(isLive).Take(1).Contains(self)),
        ];
        return
        [
            .. silent.Select(member => new ClusterCommand.Arrive(
                member.Id,
                member.DirectoryId,
                [
                    .. ready.Where(owners => owners.Awaited.Contains(member.Id))
                        .Select(owners => new ShardArrival(owners.Move!.Shard, owners.Move.Since)),
                ]))
                .Where(said => !said.Shards.IsEmpty),
        ];
    }

    /// <summary>
    /// The moves that were handed over long enough ago; the first owner speaks, the others later, should it
    /// be silent.
    /// </summary>
    public ImmutableArray<ShardArrival> Ends(ClusterConfiguration cluster, DateTimeOffset now)
    {
        ImmutableArray<ShardArrival>.Builder ends = ImmutableArray.CreateBuilder<ShardArrival>();
        HashSet<ShardArrival> seen = [];
        foreach (ShardMove move in cluster.Moves.Where(move => move.IsHandedOver))
        {
            ShardArrival name = new(move.Shard, move.Since);
            seen.Add(name);
            _handedOver.TryAdd(name, now);
            int turn = Placement.Owners(cluster, move.Shard).IndexOf(self);
            if (turn >= 0 && now - _handedOver[name] >= grace * (turn + 1)) ends.Add(name);
        }

        foreach (ShardArrival past in _handedOver.Keys.Except(seen).ToArray()) _handedOver.Remove(past);
        return ends.ToImmutable();
    }

    /// <summary>Shards held here that this node has had nothing to do with for a while.</summary>
    public ImmutableArray<ShardId> Foreign(
        ClusterConfiguration cluster, IEnumerable<ShardId> held, DateTimeOffset now)
    {
        ShardId[] foreign = [.. held.Where(s => !Placement.Of(cluster, s).All.Contains(self))];
        foreach (ShardId back in _foreign.Keys.Except(foreign).ToArray()) _foreign.Remove(back);
        foreach (ShardId shard in foreign) _foreign.TryAdd(shard, now);
        return [.. foreign.Where(shard => now - _foreign[shard] >= grace * DropGraces).Order()];
    }
}
