using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>
/// A shard on its way to other owners. Until all of them have what the owners before had, a leaf is durable
/// only with the quorum of both sets, and queries ask the owners before; then queries ask the new ones while
/// both still store; then the move ends. Immutable.
/// </summary>
public sealed record ShardMove
{
    /// <summary>The shard.</summary>
    public required ShardId Shard { get; init; }

    /// <summary>The owners that hold all that is durable, without those removed by force.</summary>
    public required ImmutableArray<NodeId> From { get; init; }

    /// <summary>How many owners there were when the shard began to move.</summary>
    public required int FromReplicas { get; init; }

    /// <summary>The write quorum that was among them.</summary>
    public required int FromWriteQuorum { get; init; }

    /// <summary>
    /// The epoch of the last change of where the shard goes: what a new owner had before counts no more.
    /// </summary>
    public required Epoch Since { get; init; }

    /// <summary>
    /// New owners that have all that the owners before had, and silent ones that need not
    /// (<see cref="MoveWatch.Excused"/>).
    /// </summary>
    public ImmutableArray<NodeId> Arrived { get; init; } = [];

    /// <summary>True once all new owners have arrived: queries ask them from then on.</summary>
    public bool IsHandedOver { get; init; }

    /// <summary>Owners of before that must have a leaf on disk before it is durable.</summary>
    [JsonIgnore]
    public int WriteQuorum => Math.Min(FromWriteQuorum, From.Length);

    /// <summary>Owners of before that a quorum read must hear; all there are if that is fewer.</summary>
    [JsonIgnore]
    public int ReadQuorum =>
        Math.Min(Math.Max((FromReplicas / 2) + 1, FromReplicas - FromWriteQuorum + 1), From.Length);

    /// <summary>
    /// True if so many owners were removed by force that what is left may lack something durable.
    /// </summary>
    [JsonIgnore]
    public bool MayLackLeaves => From.Length < FromReplicas - FromWriteQuorum + 1;

    /// <inheritdoc/>
    public bool Equals(ShardMove? other) => other is not null && Shard == other.Shard
        && From.SequenceEqual(other.From) && FromReplicas == other.FromReplicas
        && FromWriteQuorum == other.FromWriteQuorum && Since == other.Since
        && Arrived.SequenceEqual(other.Arrived) && IsHandedOver == other.IsHandedOver;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Shard, Since, From.Length, Arrived.Length);
}
