namespace TsDb.Columnar.Parquet;

/// <summary>A tag in one row group.</summary>
/// <param name="Offsets">Where each dictionary entry begins in <paramref name="Texts"/>, its length in
/// front.</param>
/// <param name="Texts">The dictionary's bytes.</param>
/// <param name="Places">By row: the entry, or -1.</param>
internal sealed record TagChunk(int[] Offsets, byte[] Texts, int[] Places)
{
    /// <summary>The row's value as UTF-8; empty if the tag is absent.</summary>
    public ReadOnlySpan<byte> ValueAt(int row)
    {
        int place = Places[row];
        return place < 0 ? [] : Texts.AsSpan((Offsets[place] + sizeof(int))..Offsets[place + 1]);
    }
}
