using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// Rows of a segment file that no other input can hold again: they are scanned as they lie.
/// </summary>
/// <param name="Segment">The file.</param>
/// <param name="Window">Only rows of these times; null for the whole file.</param>
public sealed record FilePart(SegmentRef Segment, TimeRange? Window)
{
    /// <summary>What hides rows of the file; empty as a rule.</summary>
    public ImmutableArray<Tombstone> Tombstones { get; init; } = [];
}
