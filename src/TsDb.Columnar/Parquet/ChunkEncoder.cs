using System.Runtime.InteropServices;
using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>Turns a slice of a column into pages.</summary>
internal sealed class ChunkEncoder(ChunkPages pages)
{
    private const int TextDictionaryBytesMax = 1 << 20;
    private const int TextDictionaryCountMax = 1 << 16;

    private long[] _dense = [];
    private long[] _numbers = [];
    private int[] _indexes = [];
    private byte[] _isPresent = [];

    public void Time(ReadOnlySpan<long> times)
    {
        pages.Begin(times.Length);
        pages.Encoding = PageEncoding.DeltaBinaryPacked;
        DeltaBinaryPacked.Encode(times, pages.Data);
        pages.Statistics = ChunkStatistics.OfSigned(times, 0);
    }

    /// <summary>A tag: one value per series, so the rows are runs and nothing is done per row.</summary>
    /// <param name="values">By series.</param>
    /// <param name="runs">The series of the row group in row order, and how many rows each has there.</param>
    public void Tag(StringArray values, IReadOnlyList<(int Series, int Rows)> runs)
    {
        pages.Begin(runs.Sum(r => r.Rows));
        pages.Encoding = PageEncoding.RleDictionary;
        Utf8Column texts = new(values);
        TextDictionary dictionary = new(int.MaxValue, int.MaxValue);
        int[] places = new int[runs.Count];
        Span<byte> isPresent = PresenceScratch(pages.ValuesCount);
        int row = 0;
        int nulls = 0;
        for (int i = 0; i < places.Length; i++)
        {
            ReadOnlySpan<byte> text = texts[runs[i].Series];
            places[i] = text.IsEmpty ? -1 : dictionary.IndexOf(text);
            isPresent.Slice(row, runs[i].Rows).Fill(text.IsEmpty ? (byte)0 : (byte)1);
            row += runs[i].Rows;
            if (text.IsEmpty) nulls += runs[i].Rows;
        }

        if (nulls == 0) pages.WriteAllPresent();
        else pages.WritePresence(isPresent);
        RleHybrid indexes = DictionaryPage.Begin(dictionary.Count, pages.Data);
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0) indexes.Add(places[i], runs[i].Rows);
        }

        indexes.End();
        WriteDictionary(dictionary);
        pages.Statistics = StatisticsOf(dictionary, nulls);
    }

    /// <summary>A field's rows from <paramref name="start"/> on.</summary>
    public void Field(ColumnPlan plan, IArrowArray array, int start, int length)
    {
        pages.Begin(length);
        WritePresence(array, start, length);
        switch (array)
        {
            case StringArray text:
                Text(text, start, length);
                break;
            case BooleanArray flags:
                Booleans(flags, start, length);
                break;
            default:
                Words(plan, array, start, length);
                break;
        }
    }

    private void WritePresence(IArrowArray array, int start, int length)
    {
        if (array.NullCount == 0)
        {
            pages.WriteAllPresent();
            return;
        }

        Span<byte> isPresent = PresenceScratch(length);
        DenseWords.Presence(array, start, isPresent);
        pages.WritePresence(isPresent);
    }

    private Span<byte> PresenceScratch(int length)
    {
        if (_isPresent.Length < length) _isPresent = new byte[length];
        return _isPresent.AsSpan(0, length);
    }

    private void Words(ColumnPlan plan, IArrowArray array, int start, int length)
    {
        ReadOnlySpan<long> words = DenseWords.Of(array, start, length, ref _dense);
        if (plan.Column.Scale >= 0)
        {
            if (_numbers.Length < words.Length) _numbers = new long[length];
            Span<long> numbers = _numbers.AsSpan(0, words.Length);
            Decimals.Encode(MemoryMarshal.Cast<long, double>(words), plan.Column.Scale, numbers);
            words = numbers;
        }

        int nulls = length - words.Length;
        pages.Statistics = plan.Column switch
        {
            { Physical: PhysicalType.Double } => ChunkStatistics.OfDoubles(words, nulls),
            { Logical.Type: FieldType.UInt64 } => ChunkStatistics.OfUnsigned(words, nulls),
            _ => ChunkStatistics.OfSigned(words, nulls),
        };
        if (plan.Encoding == PageEncoding.RleDictionary && TryDictionary(words)) return;
        pages.Encoding = plan.Fallback;
        if (pages.Encoding == PageEncoding.DeltaBinaryPacked) DeltaBinaryPacked.Encode(words, pages.Data);
        else ByteStreamSplit.Encode(words, pages.Data);
    }

    private bool TryDictionary(ReadOnlySpan<long> words)
    {
        if (_indexes.Length < words.Length) _indexes = new int[words.Length];
        Span<int> indexes = _indexes.AsSpan(0, words.Length);
        WordDictionary dictionary = new(EncodingChoice.DictionaryCountMax);
        if (words.IsEmpty || !dictionary.TryIndex(words, indexes)) return false;
        pages.Encoding = PageEncoding.RleDictionary;
        DictionaryPage.WriteIndexes(indexes, dictionary.Words.Count, pages.Data);
        pages.DictionaryCount = dictionary.Words.Count;
        Span<byte> values = pages.Dictionary.Take(dictionary.Words.Count * sizeof(long));
        for (int i = 0; i < dictionary.Words.Count; i++)
            MemoryMarshal.Write(values[(i * sizeof(long))..], dictionary.Words[i]);
        return true;
    }

    private void Booleans(BooleanArray array, int start, int length)
    {
        int present = 0;
        int trues = 0;
        byte[] flags = new byte[length];
        ReadOnlySpan<byte> bits = array.Data.Buffers[1].Span;
        bool hasNulls = array.NullCount > 0;
        for (int i = 0; i < length; i++)
        {
            if (hasNulls && array.IsNull(start + i)) continue;
            byte flag = BitUtility.GetBit(bits, array.Data.Offset + start + i) ? (byte)1 : (byte)0;
            flags[present++] = flag;
            trues += flag;
        }

        pages.Data.Write(FieldScatter.ToBits(flags.AsSpan(0, present)));
        byte[]? min = present == 0 ? null : [trues == present ? (byte)1 : (byte)0];
        byte[]? max = present == 0 ? null : [trues > 0 ? (byte)1 : (byte)0];
        pages.Statistics = new ChunkStatistics(length - present, min, max);
    }

    private void Text(StringArray array, int start, int length)
    {
        Utf8Column texts = new(array);
        TextDictionary dictionary = new(
            Math.Min(TextDictionaryCountMax, Math.Max(1, length / 2)), TextDictionaryBytesMax);
        if (_indexes.Length < length) _indexes = new int[length];
        int present = 0;
        bool fits = true;
        for (int i = start; i < start + length && fits; i++)
        {
            if (texts.IsNull(i)) continue;
            int index = dictionary.IndexOf(texts[i]);
            fits = index >= 0;
            _indexes[present++] = index;
        }

        if (fits && present > 0)
        {
            pages.Encoding = PageEncoding.RleDictionary;
            DictionaryPage.WriteIndexes(_indexes.AsSpan(0, present), dictionary.Count, pages.Data);
            WriteDictionary(dictionary);
            pages.Statistics = StatisticsOf(dictionary, length - present);
            return;
        }

        int nulls = 0;
        for (int i = start; i < start + length; i++)
        {
            if (texts.IsNull(i)) nulls++;
            else WriteText(texts[i], pages.Data);
        }

        pages.Statistics = new ChunkStatistics(nulls, null, null);
    }

    private void WriteDictionary(TextDictionary dictionary)
    {
        pages.DictionaryCount = dictionary.Count;
        for (int i = 0; i < dictionary.Count; i++) WriteText(dictionary[i], pages.Dictionary);
    }

    private static void WriteText(ReadOnlySpan<byte> text, ByteSink sink)
    {
        sink.WriteInt32(text.Length);
        sink.Write(text);
    }

    /// <summary>Bounds by unsigned bytes, which is the order Parquet defines for UTF-8.</summary>
    private static ChunkStatistics StatisticsOf(TextDictionary dictionary, long nulls)
    {
        if (dictionary.Count == 0) return new ChunkStatistics(nulls, null, null);
        (int min, int max) = (0, 0);
        for (int i = 1; i < dictionary.Count; i++)
        {
            if (dictionary[i].SequenceCompareTo(dictionary[min]) < 0) min = i;
            if (dictionary[i].SequenceCompareTo(dictionary[max]) > 0) max = i;
        }

        return dictionary[min].Length > ChunkStatistics.TextBytesMax
            || dictionary[max].Length > ChunkStatistics.TextBytesMax
            ? new ChunkStatistics(nulls, null, null)
            : new ChunkStatistics(nulls, dictionary[min].ToArray(), dictionary[max].ToArray());
    }
}
