using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// Who has to do with a shard under one configuration, and how many of them make a quorum. Immutable.
/// </summary>
/// <param name="Now">The owners by placement, best first.</param>
/// <param name="WriteQuorum">How many of them must have a leaf.</param>
/// <param name="ReadQuorum">How many of them a quorum read must hear.</param>
/// <param name="Move">The move that brings the shard to them; null if they have it.</param>
public sealed record ShardOwners(
    ImmutableArray<NodeId> Now, int WriteQuorum, int ReadQuorum, ShardMove? Move)
{
    /// <summary>All that store what edges send: the owners, and while it moves those before.</summary>
    public ImmutableArray<NodeId> All { get; } =
        Move is null ? Now : [.. Now.Concat(Move.From.Where(node => !Now.Contains(node)))];

    /// <summary>Whom queries ask.</summary>
    public ImmutableArray<NodeId> Readers => Move is { IsHandedOver: false } ? Move.From : Now;

    /// <summary>How many of the readers a quorum read must hear.</summary>
    public int ReadersQuorum => Move is { IsHandedOver: false } ? Move.ReadQuorum : ReadQuorum;

    /// <summary>The owners that have not arrived; none once the shard was handed over.</summary>
    public ImmutableArray<NodeId> Awaited => Move is { IsHandedOver: false } move
        ? [.. Now.Where(node => !move.Arrived.Contains(node))] : [];

    /// <summary>
    /// True if the shard may be handed over before these owners have arrived, all others having done so: they
    /// were owners before, so each has what it had, and a durable leaf is with the write quorum of the new
    /// owners all the same. Of those before no more lack it than were not needed to make it durable.
    /// </summary>
    public bool CanGoWithout(IReadOnlyCollection<NodeId> absent) =>
        Move is { IsHandedOver: false } move && absent.All(move.From.Contains)
        && Now.Length - Math.Min(absent.Count, move.FromReplicas - move.FromWriteQuorum) >= WriteQuorum;

    /// <summary>
    /// True if a leaf is durable: the quorum of the owners has it and, while the shard moves, the quorum of
    /// those before.
    /// </summary>
    /// <param name="counted">Nodes that have the leaf and have, or had, all of the shard.</param>
    /// <param name="holders">Nodes that have the leaf.</param>
    public bool IsDurable(IReadOnlyCollection<NodeId> counted, IReadOnlyCollection<NodeId> holders) =>
        HaveIt(counted, holders, WriteQuorum, Move?.WriteQuorum ?? 0);

    /// <summary>
    /// True if an edge may drop its own copy of a leaf: a write quorum has it, and a read quorum. Had another
    /// life of the edge made a leaf durable under the same number, one of these would have both, and who has
    /// both does not count.
    /// </summary>
    /// <param name="counted">As above.</param>
    /// <param name="holders">As above.</param>
    public bool MayEdgeDrop(IReadOnlyCollection<NodeId> counted, IReadOnlyCollection<NodeId> holders) =>
        HaveIt(
            counted,
            holders,
            Math.Max(WriteQuorum, ReadQuorum),
            Move is null ? 0 : Math.Max(Move.WriteQuorum, Move.ReadQuorum));

    private bool HaveIt(
        IReadOnlyCollection<NodeId> counted, IReadOnlyCollection<NodeId> holders, int least, int leastBefore)
    {
        if (Move is null) return Now.Count(counted.Contains) >= least;

        // A newcomer counts for the set that it comes into: the move ends only once it has the rest as well.
        int now = Now.Count(node => Move.From.Contains(node) ? counted.Contains(node)
            : holders.Contains(node));
        return now >= least && Move.From.Count(counted.Contains) >= leastBefore;
    }
}
