using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>A tag that has one of some values. A point without the tag does not meet it.</summary>
/// <param name="Tag">The tag, as clients wrote it.</param>
/// <param name="Values">The values, at least one.</param>
public sealed record TagCondition(string Tag, ImmutableArray<string> Values)
{
    /// <inheritdoc/>
    public bool Equals(TagCondition? other) =>
        other is not null && Tag == other.Tag && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Tag, Values.Length, Values.FirstOrDefault());
}
