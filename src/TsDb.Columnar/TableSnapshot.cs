using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// One table at one moment: what a query reads. The holder of the snapshot keeps the files in place until it
/// lets go.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Segments">Segment files of all its cells here, of one edge or of many.</param>
/// <param name="Hot">Rows that are in no segment yet; null where there is no hot buffer (in the
/// cloud).</param>
public sealed record TableSnapshot(TableId Table, IReadOnlyList<SegmentRef> Segments, HotRows? Hot);
