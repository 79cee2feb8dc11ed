using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// How shards move when members change: two sets of owners at once, in the manner of joint consensus
/// (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", 2014, section 6). Pure.
/// </summary>
internal static class ShardMoves
{
    /// <summary>
    /// The configuration after a change of members, with the moves that follow from it: begun where owners
    /// change, turned where a shard was on its way already, dropped where it is back where it was.
    /// </summary>
    public static ClusterConfiguration Follow(ClusterConfiguration before, ClusterConfiguration after)
    {
        HashSet<NodeId> members = [.. after.Members.Select(m => m.Id)];
        ImmutableArray<ShardMove>.Builder moves = ImmutableArray.CreateBuilder<ShardMove>();
        for (int number = 0; number < after.ShardCount; number++)
        {
            ShardOwners was = Placement.Of(before, new ShardId(number));
            if (Next(before, was, after, new ShardId(number), members) is { } move) moves.Add(move);
        }

        return after with { Moves = moves.ToImmutable() };
    }

    /// <summary>A member's directory was replaced: what it had arrived at, it has not any more.</summary>
    public static ClusterConfiguration Unarrive(ClusterConfiguration current, NodeId node) => current with
    {
        Moves =
        [
            .. current.Moves.Select(move => move.IsHandedOver
                ? move : move with { Arrived = move.Arrived.Remove(node) }),
        ],
    };

    /// <summary>Notes who has arrived; a shard whose new owners all have is handed over.</summary>
    public static ClusterConfiguration Arrive(ClusterConfiguration current, ClusterCommand.Arrive arrive)
    {
        bool isMember = current.Members.Any(m =>
            m.Id == arrive.Node && m.DirectoryId == arrive.DirectoryId);
        if (!isMember) return current;
        HashSet<ShardArrival> named = [.. arrive.Shards];
        ImmutableArray<ShardMove> moves =
        [
            .. current.Moves.Select(move => named.Contains(new ShardArrival(move.Shard, move.Since))
                ? Arrived(move, Placement.Owners(current, move.Shard), arrive.Node) : move),
        ];
        if (moves.SequenceEqual(current.Moves)) return current;
        bool isHandedOver = moves.Count(m => m.IsHandedOver) > current.Moves.Count(m => m.IsHandedOver);
        return current with
        {
            Moves = moves,
            Epoch = isHandedOver ? new Epoch(checked(current.Epoch.Value + 1)) : current.Epoch,
        };
    }

    /// <summary>Ends the moves that were handed over.</summary>
    public static ClusterConfiguration End(
        ClusterConfiguration current, ImmutableArray<ShardArrival> shards)
    {
        HashSet<ShardArrival> named = [.. shards];
        ImmutableArray<ShardMove> moves =
        [
            .. current.Moves.Where(move =>
                !move.IsHandedOver || !named.Contains(new ShardArrival(move.Shard, move.Since))),
        ];
        return moves.Length == current.Moves.Length
            ? current
            : current with { Moves = moves, Epoch = new Epoch(checked(current.Epoch.Value + 1)) };
    }

    private static ShardMove Arrived(ShardMove move, ImmutableArray<NodeId> owners, NodeId node)
    {
        if (move.IsHandedOver || !owners.Contains(node) || move.Arrived.Contains(node)) return move;
        ImmutableArray<NodeId> arrived = [.. move.Arrived.Append(node).Order()];
        return move with { Arrived = arrived, IsHandedOver = owners.All(arrived.Contains) };
    }

    private static ShardMove? Next(
        ClusterConfiguration before, ShardOwners was, ClusterConfiguration after, ShardId shard,
        HashSet<NodeId> members)
    {
        // Whoever has all that is durable: the owners, or those before them until they have arrived.
        ShardMove source = was.Move is { IsHandedOver: false } open ? open : new ShardMove
        {
            Shard = shard,
            From = was.Now,
            FromReplicas = before.Replicas,
            FromWriteQuorum = before.WriteQuorum,
            Since = after.Epoch,
        };
        ImmutableArray<NodeId> left = [.. source.From.Where(members.Contains)];
        ImmutableArray<NodeId> now = Placement.Owners(after, shard);
        bool isBack = left.Length == source.FromReplicas && left.ToHashSet().SetEquals(now);
        if (isBack && after.WriteQuorum == source.FromWriteQuorum)
        {
            // Still on the way out of a move that was handed over: those before may be needed no more.
            return was.Move is { IsHandedOver: true } done && done.From.All(members.Contains) ? done : null;
        }

        bool isSameTarget = source.Since != after.Epoch && was.Now.ToHashSet().SetEquals(now);
        return source with
        {
            From = left,
            Since = isSameTarget ? source.Since : after.Epoch,
            Arrived = isSameTarget ? [.. source.Arrived.Where(members.Contains)] : [],
        };
    }
}
