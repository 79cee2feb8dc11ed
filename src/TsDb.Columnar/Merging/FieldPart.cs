using Apache.Arrow;

namespace TsDb.Columnar.Merging;

/// <summary>One field in one input of a merge.</summary>
/// <param name="Rows">Rows of the input.</param>
/// <param name="Array">The field's values there; null if the input has no such field.</param>
internal readonly record struct FieldPart(int Rows, IArrowArray? Array);
