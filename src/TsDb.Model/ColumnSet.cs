using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// The columns of a segment file and how the file holds them: all that a reader needs to know before it opens
/// the file.
/// Thousands of segments share one instance. Compared by content.
/// </summary>
public sealed class ColumnSet : IEquatable<ColumnSet>
{
    private readonly int _hashCode;

    /// <summary>Creates the set of a file's tags and fields, each in file order.</summary>
    /// <param name="tags">Tag columns.</param>
    /// <param name="fields">Field columns.</param>
    /// <param name="namesInFile">As <see cref="SegmentManifest.NamesInFile"/>.</param>
    /// <param name="decimalScales">As <see cref="SegmentManifest.DecimalScales"/>.</param>
    public ColumnSet(
        ImmutableArray<Column> tags,
        ImmutableArray<Column> fields,
        ImmutableSortedDictionary<string, string> namesInFile,
        ImmutableSortedDictionary<string, int> decimalScales)
    {
        (Tags, Fields, NamesInFile, DecimalScales) = (tags, fields, namesInFile, decimalScales);
        HashCode hash = default;
        foreach (Column column in tags) hash.Add(column);
        foreach (Column column in fields) hash.Add(column);
        foreach (KeyValuePair<string, string> name in namesInFile) hash.Add(name);
        foreach (KeyValuePair<string, int> scale in decimalScales) hash.Add(scale);
        _hashCode = hash.ToHashCode();
    }

    /// <summary>Tag columns in file order.</summary>
    public ImmutableArray<Column> Tags { get; }

    /// <summary>Field columns in file order.</summary>
    public ImmutableArray<Column> Fields { get; }

    /// <summary>Names in the file of columns that could not keep their own, by logical name.</summary>
    public ImmutableSortedDictionary<string, string> NamesInFile { get; }

    /// <summary>Scales of fields that the file holds as decimals, by logical name.</summary>
    public ImmutableSortedDictionary<string, int> DecimalScales { get; }

    /// <summary>The columns that a manifest describes.</summary>
    public static ColumnSet Of(SegmentManifest manifest) =>
        new(manifest.Tags, manifest.Fields, manifest.NamesInFile, manifest.DecimalScales);

    /// <inheritdoc/>
    public bool Equals(ColumnSet? other) =>
        ReferenceEquals(this, other)
        || (other is not null && Tags.AsSpan().SequenceEqual(other.Tags.AsSpan())
            && Fields.AsSpan().SequenceEqual(other.Fields.AsSpan())
            && NamesInFile.SequenceEqual(other.NamesInFile)
                && DecimalScales.SequenceEqual(other.DecimalScales));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ColumnSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;
}
