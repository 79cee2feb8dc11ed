using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>Turns the pages of one chunk into an array of its rows.</summary>
internal sealed class ChunkDecoder(ChunkReader pages)
{
    private int[] _levels = [];
    private int[] _indexes = [];
    private long[] _words = [];

    public long[] Time(int rows)
    {
        Require(pages.Encoding == PageEncoding.DeltaBinaryPacked);
        long[] times = new long[rows];
        DeltaBinaryPacked.Decode(pages.Data, times);
        return times;
    }

    /// <summary>A tag: its dictionary and for each row the place in it, -1 where the tag is absent.</summary>
    public TagChunk Tag(int rows)
    {
        Require(pages.Encoding == PageEncoding.RleDictionary);
        ReadOnlySpan<byte> values = Levels(pages.Data, rows, out int present, out bool hasNulls);
        int[] places = new int[rows];
        Span<int> dense = hasNulls ? IndexScratch(present) : places;
        Indexes(values, pages.DictionaryCount, dense);
        if (hasNulls) Spread<int>(dense, places, -1);
        return new TagChunk(
            Offsets(pages.Dictionary, pages.DictionaryCount), pages.Dictionary.ToArray(), places);
    }

    public IArrowArray Field(FileColumn column, int rows)
    {
        ReadOnlySpan<byte> values = Levels(pages.Data, rows, out int present, out bool hasNulls);
        ArrowBuffer validity = hasNulls ? Validity(rows) : ArrowBuffer.Empty;
        ArrowBuffer[] buffers = column.Logical.Type switch
        {
            FieldType.String => Texts(values, rows, present, hasNulls),
            FieldType.Boolean => Booleans(values, rows, present, hasNulls),
            _ => Words(column, values, rows, present, hasNulls),
        };
        IArrowType type = RowColumns.TypeOf(column.Logical.Type);
        return ArrowArrayFactory.BuildArray(
            new ArrayData(type, rows, rows - present, 0, [validity, .. buffers]));
    }

    /// <summary>Reads which rows have a value into the level scratch; returns what follows.</summary>
    private ReadOnlySpan<byte> Levels(ReadOnlySpan<byte> data, int rows, out int present, out bool hasNulls)
    {
        ByteSource source = new(data);
        ReadOnlySpan<byte> levels = source.Take(source.ReadInt32());
        ByteSource run = new(levels);
        if (run.ReadVarint() == (ulong)rows << 1 && run.ReadByte() == 1)
        {
            (present, hasNulls) = (rows, false);
            return source.Rest;
        }

        if (_levels.Length < rows) _levels = new int[rows];
        Span<int> all = _levels.AsSpan(0, rows);
        RleHybrid.Decode(levels, 1, all);
        present = all.Count(1);
        hasNulls = present < rows;
        return source.Rest;
    }

    private ArrowBuffer Validity(int rows)
    {
        byte[] bits = new byte[(rows + 7) / 8];
        for (int i = 0; i < rows; i++) bits[i >> 3] |= (byte)(_levels[i] << (i & 7));
        return new ArrowBuffer(bits);
    }

    private void Spread<T>(ReadOnlySpan<T> dense, Span<T> rows, T absent)
    {
        int next = 0;
        for (int i = 0; i < rows.Length; i++) rows[i] = _levels[i] == 1 ? dense[next++] : absent;
    }

    private Span<int> IndexScratch(int count)
    {
        if (_indexes.Length < count) _indexes = new int[count];
        return _indexes.AsSpan(0, count);
    }

    private static void Indexes(ReadOnlySpan<byte> values, int dictionaryCount, Span<int> indexes)
    {
        if (indexes.IsEmpty) return;
        ByteSource source = new(values);
        int width = source.ReadByte();
        RleHybrid.Decode(source.Rest, width, indexes);
        foreach (int index in indexes)
        {
            if ((uint)index >= (uint)dictionaryCount)
                throw Damage.Found($"place {index} of a dictionary of {dictionaryCount}");
        }
    }

    private ArrowBuffer[] Words(
        FileColumn column, ReadOnlySpan<byte> values, int rows, int present, bool hasNulls)
    {
        byte[] output = GC.AllocateUninitializedArray<byte>(rows * sizeof(long));
        Span<long> words = MemoryMarshal.Cast<byte, long>(output.AsSpan());
        if (hasNulls && _words.Length < present) _words = new long[present];
        Span<long> dense = hasNulls ? _words.AsSpan(0, present) : words;
        DecodeWords(values, dense);
        if (column.Scale >= 0) Decimals.Decode(dense, column.Scale, MemoryMarshal.Cast<long, double>(dense));
        if (hasNulls) Spread(dense, words, 0);
        return [new ArrowBuffer(output)];
    }

    private void DecodeWords(ReadOnlySpan<byte> values, Span<long> dense)
    {
        switch (pages.Encoding)
        {
            case PageEncoding.DeltaBinaryPacked:
                DeltaBinaryPacked.Decode(values, dense);
                break;
            case PageEncoding.ByteStreamSplit:
                ByteStreamSplit.Decode(values, dense);
                break;
            default:
                Require(pages.Encoding == PageEncoding.RleDictionary);
                Span<int> indexes = IndexScratch(dense.Length);
                Indexes(values, pages.DictionaryCount, indexes);
                ReadOnlySpan<long> dictionary = pages.Dictionary.CastTo<long>();
                if (dictionary.Length != pages.DictionaryCount)
                    throw Damage.Found("a dictionary is cut short");
                for (int i = 0; i < dense.Length; i++) dense[i] = dictionary[indexes[i]];
                break;
        }
    }

    private ArrowBuffer[] Booleans(ReadOnlySpan<byte> values, int rows, int present, bool hasNulls)
    {
        Require(pages.Encoding == PageEncoding.Plain && values.Length == (present + 7) / 8);
        if (!hasNulls) return [new ArrowBuffer(values.ToArray())];
        byte[] bits = new byte[(rows + 7) / 8];
        int next = 0;
        for (int i = 0; i < rows; i++)
        {
            if (_levels[i] == 1 && BitUtility.GetBit(values, next++)) BitUtility.SetBit(bits, i);
        }

        return [new ArrowBuffer(bits)];
    }

    private ArrowBuffer[] Texts(ReadOnlySpan<byte> values, int rows, int present, bool hasNulls)
    {
        bool isDictionary = pages.Encoding == PageEncoding.RleDictionary;
        Require(isDictionary || pages.Encoding == PageEncoding.Plain);
        ReadOnlySpan<byte> texts = isDictionary ? pages.Dictionary : values;
        int[] offsets = Offsets(texts, isDictionary ? pages.DictionaryCount : present);
        Span<int> indexes = IndexScratch(present);
        if (isDictionary) Indexes(values, pages.DictionaryCount, indexes);
        byte[] ends = new byte[(rows + 1) * sizeof(int)];
        Span<int> endOf = MemoryMarshal.Cast<byte, int>(ends.AsSpan());
        long total = 0;
        int next = 0;
        for (int i = 0; i < rows; i++)
        {
            if (!hasNulls || _levels[i] == 1)
            {
                int at = isDictionary ? indexes[next] : next;
                next++;
                total += offsets[at + 1] - offsets[at] - sizeof(int);
            }

            if (total > (rows == 1 ? int.MaxValue : SegmentOptions.RowGroupTextBytesMax))
                throw Damage.Found($"{total} bytes of text in a row group");
            endOf[i + 1] = (int)total;
        }

        byte[] output = new byte[(int)total];
        next = 0;
        for (int i = 0; i < rows; i++)
        {
            if (hasNulls && _levels[i] != 1) continue;
            int at = isDictionary ? indexes[next] : next;
            next++;
            texts[(offsets[at] + sizeof(int))..offsets[at + 1]].CopyTo(output.AsSpan(endOf[i]));
        }

        return [new ArrowBuffer(ends), new ArrowBuffer(output)];
    }

    /// <summary>
    /// Where plain texts begin, each with its length in front, and where the last one ends.
    /// </summary>
    private static int[] Offsets(ReadOnlySpan<byte> texts, int count)
    {
        if (count > texts.Length / sizeof(int))
            throw Damage.Found($"{count} texts in {texts.Length} bytes");
        int[] offsets = new int[count + 1];
        ByteSource source = new(texts);
        for (int i = 0; i < count; i++)
        {
            source.Take(source.ReadInt32());
            offsets[i + 1] = texts.Length - source.Remaining;
        }

        return offsets;
    }

    private static void Require(bool isExpected)
    {
        if (!isExpected) throw Damage.Found("a page has an encoding its column cannot have");
    }
}
