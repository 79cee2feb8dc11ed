using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;

namespace TsDb.Query.Direct;

/// <summary>Rows that a statement reads: no other input has any of their keys in its window.</summary>
/// <param name="Block">The rows.</param>
/// <param name="Edge">The edge that took them.</param>
/// <param name="Window">Only rows of these times count.</param>
/// <param name="Mask">What of the rows is erased.</param>
public sealed record DirectInput(RowBlock Block, EdgeId Edge, TimeRange Window, PointMask Mask);
