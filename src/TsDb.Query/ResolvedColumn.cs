using TsDb.Model;

namespace TsDb.Query;

/// <summary>A column as SQL sees it, over all segments and edges.</summary>
/// <param name="SqlName">Unique without regard to case; differs from the name by a suffix (_1) where it
/// must.</param>
/// <param name="Name">The name as written by the clients.</param>
/// <param name="Role">Tag or field.</param>
/// <param name="Type">What every scan casts it to first.</param>
/// <param name="HasConflict">True if edges wrote it with types that differ.</param>
public sealed record ResolvedColumn(
    string SqlName, string Name, ColumnRole Role, ResolvedType Type, bool HasConflict = false);
