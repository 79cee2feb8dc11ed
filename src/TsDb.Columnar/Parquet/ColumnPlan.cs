namespace TsDb.Columnar.Parquet;

/// <summary>
/// How one column of a segment is stored. A row group with too many distinct values uses the fallback.
/// </summary>
/// <param name="Column">The column in the file.</param>
/// <param name="Encoding">The encoding that was smallest on a sample.</param>
/// <param name="Fallback">The encoding for row groups where a dictionary would grow too large.</param>
internal sealed record ColumnPlan(FileColumn Column, PageEncoding Encoding, PageEncoding Fallback);
