namespace TsDb.Columnar.Parquet;

/// <summary>A column of the footer's schema, before the manifest says what it means.</summary>
internal sealed record SchemaLeaf(string Name, PhysicalType Physical, bool IsOptional, int Scale);
