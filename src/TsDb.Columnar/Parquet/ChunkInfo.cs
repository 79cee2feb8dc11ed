namespace TsDb.Columnar.Parquet;

/// <summary>
/// What the footer says of one column of one row group. Offsets are from the start of the file.
/// </summary>
internal sealed record ChunkInfo
{
    public required PhysicalType Physical { get; init; }

    public required PageCodec Codec { get; init; }

    public required long ValuesCount { get; init; }

    public required long UncompressedBytes { get; init; }

    public required long CompressedBytes { get; init; }

    public required long DataPageOffset { get; init; }

    /// <summary>Null if the chunk has no dictionary.</summary>
    public long? DictionaryPageOffset { get; init; }

    public PageEncoding Encoding { get; init; }

    public ChunkStatistics Statistics { get; init; } = ChunkStatistics.None;
}
