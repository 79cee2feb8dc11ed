using System.Collections.Immutable;

namespace TsDb.Model;

/// <summary>
/// What a segment says of itself in its Parquet footer (format: src/TsDb.Columnar/FORMAT.md). A segment holds
/// rows of one
/// cell, sorted by (tags, time), each key once.
/// </summary>
public sealed record SegmentManifest
{
    /// <summary>The format version this code writes.</summary>
    public const int VersionCurrent = 1;

    /// <summary>Format version of the file.</summary>
    public int Version { get; init; } = VersionCurrent;

    /// <summary>The cell that all rows belong to.</summary>
    public required Cell Cell { get; init; }

    /// <summary>The incarnation of the edge that took the points.</summary>
    public required Incarnation Incarnation { get; init; }

    /// <summary>
    /// The ordinals this file stands for: one for a cut shipment, a run for a compacted file. For a segment
    /// that is not
    /// cut yet it is the ordinal its cut would get; only the ledger says whether the cut was made.
    /// </summary>
    public required OrdinalRange Ordinals { get; init; }

    /// <summary>The times of the rows: first time, and last time plus one nanosecond.</summary>
    public required TimeRange Range { get; init; }

    /// <summary>Number of rows, at least 1.</summary>
    public required long Rows { get; init; }

    /// <summary>Number of distinct tag sets, at least 1.</summary>
    public required long SeriesCount { get; init; }

    /// <summary>Tag columns of the file in file order, which is also the order of the sort.</summary>
    public required ImmutableArray<Column> Tags { get; init; }

    /// <summary>Field columns of the file in file order, with their logical types.</summary>
    public required ImmutableArray<Column> Fields { get; init; }

    /// <summary>
    /// Names in the file of the columns that could not keep their own (see FORMAT.md): by logical name. Empty
    /// as a rule.
    /// </summary>
    public ImmutableSortedDictionary<string, string> NamesInFile { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Fields of doubles that the file holds as DECIMAL(18, scale), by logical name: files are alike to a
    /// reader only if their scales are.
    /// </summary>
    public ImmutableSortedDictionary<string, int> DecimalScales { get; init; } =
        ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    /// <summary>The name in the file of a tag or field of this segment.</summary>
    public string NameInFile(string logicalName) => NamesInFile.GetValueOrDefault(logicalName, logicalName);
}
