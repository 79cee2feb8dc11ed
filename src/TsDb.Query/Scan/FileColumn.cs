using TsDb.Model;

namespace TsDb.Query.Scan;

/// <summary>A column as it lies in a segment file.</summary>
/// <param name="Name">Its logical name; the file may call it otherwise, which does not matter as columns go
/// by position.</param>
/// <param name="PhysicalType">How the values are encoded, as text; files whose columns differ in it are not
/// read together.</param>
/// <param name="LogicalType">What the manifest says the values are; null for the time.</param>
public sealed record FileColumn(string Name, string PhysicalType, FieldType? LogicalType);
