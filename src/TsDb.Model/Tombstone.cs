using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace TsDb.Model;

/// <summary>
/// Masks points of a table: those whose tags meet all conditions and whose time is before a moment, whether
/// they are there already or come later. It says nothing of when it was made: only points' own times count.
/// </summary>
/// <param name="Number">Its place among all changes of erasures.</param>
/// <param name="Table">The table.</param>
/// <param name="Where">All must hold; none means every point of the table.</param>
/// <param name="BeforeNanoseconds">The first time that is not masked, in nanoseconds since 1970.</param>
public sealed record Tombstone(
    long Number, TableId Table, ImmutableArray<TagCondition> Where, long BeforeNanoseconds)
{
    /// <summary>The change that lifted it; null while it is in force.</summary>
    public long? LiftedBy { get; init; }

    /// <summary>
    /// The change that made it final; null while it can be lifted. What a final one masks is removed from
    /// disk.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? FinalBy { get; init; }

    /// <summary>True if it counts for whoever knows all changes up to this one and none later.</summary>
    public bool CountsAt(long number) => Number <= number && !(LiftedBy <= number);

    /// <inheritdoc/>
    public bool Equals(Tombstone? other) => other is not null && Number == other.Number
        && Table == other.Table && BeforeNanoseconds == other.BeforeNanoseconds && LiftedBy == other.LiftedBy
        && FinalBy == other.FinalBy && Where.SequenceEqual(other.Where);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Number, Table, BeforeNanoseconds, LiftedBy, FinalBy);
}
