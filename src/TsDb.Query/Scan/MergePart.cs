using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>
/// A window of time in which several inputs of one edge may hold the same key, so that they are merged.
/// </summary>
/// <param name="Edge">The edge of all inputs.</param>
/// <param name="Window">Only rows of these times.</param>
/// <param name="OldestFirst">The segments that reach into the window, the newer later.</param>
/// <param name="WithHot">True if the hot rows reach into it as well; they are newer than every
/// segment.</param>
public sealed record MergePart(
    EdgeId Edge, TimeRange Window, ImmutableArray<SegmentRef> OldestFirst, bool WithHot);
