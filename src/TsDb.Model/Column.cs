namespace TsDb.Model;

/// <summary>A column of a table: tags are always <see cref="FieldType.String"/>, time is <see
/// cref="FieldType.Int64"/>.</summary>
public sealed record Column(string Name, ColumnRole Role, FieldType Type);
