namespace TsDb.Columnar.Parquet;

/// <summary>A chunk's pages as they will lie in the file.</summary>
/// <param name="Bytes">Headers and bodies.</param>
/// <param name="Info">What the footer says, with offsets from the start of the bytes.</param>
internal sealed record EncodedChunk(byte[] Bytes, ChunkInfo Info)
{
    /// <summary>What the footer says once the bytes lie at <paramref name="offset"/>.</summary>
    public ChunkInfo At(long offset) => Info with
    {
        DataPageOffset = Info.DataPageOffset + offset,
        DictionaryPageOffset = Info.DictionaryPageOffset + offset,
    };
}
