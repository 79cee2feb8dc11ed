namespace TsDb.Columnar.Parquet;

/// <summary>
/// What the footer says of one row group; the chunks are in the order of the file's columns.
/// </summary>
internal sealed record RowGroupInfo(long Rows, IReadOnlyList<ChunkInfo> Chunks);
