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
