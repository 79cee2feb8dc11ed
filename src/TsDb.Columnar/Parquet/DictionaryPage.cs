namespace TsDb.Columnar.Parquet;

/// <summary>The data page of a dictionary-encoded column: a byte with the width, then the places.</summary>
internal static class DictionaryPage
{
    /// <summary>A width of zero is legal but rare in the wild, so one entry also gets a bit.</summary>
    public static int WidthOf(int count) => Math.Max(1, BitPacking.WidthOf((ulong)Math.Max(0, count - 1)));

    public static void WriteIndexes(ReadOnlySpan<int> indexes, int dictionaryCount, ByteSink sink)
    {
        RleHybrid runs = Begin(dictionaryCount, sink);
        for (int start = 0; start < indexes.Length;)
        {
            int length = indexes[start..].IndexOfAnyExcept(indexes[start]);
            if (length < 0) length = indexes.Length - start;
            runs.Add(indexes[start], length);
            start += length;
        }

        runs.End();
    }

    /// <summary>Writes the width; the caller adds runs and ends them.</summary>
    public static RleHybrid Begin(int dictionaryCount, ByteSink sink)
    {
        int width = WidthOf(dictionaryCount);
        sink.Write((byte)width);
        return new RleHybrid(sink, width);
    }
}
