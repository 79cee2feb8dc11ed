namespace TsDb.Columnar.Parquet;

/// <summary>The uncompressed pages of one column of one row group, before they are written. Reused.</summary>
internal sealed class ChunkPages
{
    /// <summary>Plain-encoded dictionary values; empty if the data page does not refer to any.</summary>
    public ByteSink Dictionary { get; } = new();

    /// <summary>Number of dictionary values.</summary>
    public int DictionaryCount { get; set; }

    /// <summary>Definition levels of an optional column, then the values.</summary>
    public ByteSink Data { get; } = new();

    /// <summary>How the values are encoded.</summary>
    public PageEncoding Encoding { get; set; }

    /// <summary>Rows, with and without a value.</summary>
    public int ValuesCount { get; set; }

    public ChunkStatistics Statistics { get; set; } = ChunkStatistics.None;

    public void Begin(int valuesCount)
    {
        Dictionary.Clear();
        Data.Clear();
        (DictionaryCount, ValuesCount, Encoding) = (0, valuesCount, PageEncoding.Plain);
        Statistics = ChunkStatistics.None;
    }

    /// <summary>Definition levels of a column where every row has a value.</summary>
    public void WriteAllPresent()
    {
        int lengthAt = Data.Length;
        Data.WriteInt32(0);
        RleHybrid levels = new(Data, 1);
        levels.Add(1, ValuesCount);
        EndLevels(levels, lengthAt);
    }

    /// <summary>Writes definition levels and patches their length in front.</summary>
    public void WritePresence(ReadOnlySpan<byte> isPresent)
    {
        int lengthAt = Data.Length;
        Data.WriteInt32(0);
        RleHybrid levels = new(Data, 1);
        for (int start = 0; start < isPresent.Length;)
        {
            int length = isPresent[start..].IndexOfAnyExcept(isPresent[start]);
            if (length < 0) length = isPresent.Length - start;
            levels.Add(isPresent[start], length);
            start += length;
        }

        EndLevels(levels, lengthAt);
    }

    private void EndLevels(RleHybrid levels, int lengthAt)
    {
        levels.End();
        Data.WriteInt32(Data.Length - lengthAt - sizeof(int), lengthAt);
    }
}
