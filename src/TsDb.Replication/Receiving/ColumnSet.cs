using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The columns of a segment file; thousands of segments share one instance. Compared by content.
/// </summary>
public sealed class ColumnSet : IEquatable<ColumnSet>
{
    private readonly int _hashCode;

    /// <summary>Creates the set of a file's tags and fields, each in file order.</summary>
    public ColumnSet(ImmutableArray<Column> tags, ImmutableArray<Column> fields)
    {
        (Tags, Fields) = (tags, fields);
        HashCode hash = default;
        foreach (Column column in tags) hash.Add(column);
        foreach (Column column in fields) hash.Add(column);
        _hashCode = hash.ToHashCode();
    }

    /// <summary>Tag columns in file order.</summary>
    public ImmutableArray<Column> Tags { get; }

    /// <summary>Field columns in file order.</summary>
    public ImmutableArray<Column> Fields { get; }

    /// <inheritdoc/>
    public bool Equals(ColumnSet? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Tags.AsSpan().SequenceEqual(other.Tags.AsSpan())
            && Fields.AsSpan().SequenceEqual(other.Fields.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ColumnSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;
}
