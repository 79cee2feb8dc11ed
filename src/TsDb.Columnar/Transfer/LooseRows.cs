using System.Runtime.InteropServices;
using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Columnar.Parquet;
using TsDb.Model;

namespace TsDb.Columnar.Transfer;

/// <summary>Sorted rows taken apart into arrays of numbers, which <see cref="RowWalk"/> codes.</summary>
internal sealed class LooseRows
{
    private TimeSteps? _steps;

    /// <summary>The tags in file order.</summary>
    public List<LooseTag> Tags { get; } = [];

    /// <summary>The fields in file order.</summary>
    public List<LooseField> Fields { get; } = [];

    /// <summary>By series, in order: how many rows it has.</summary>
    public int[] SeriesRows { get; set; } = [];

    /// <summary>By row: its time.</summary>
    public long[] Times { get; set; } = [];

    /// <summary>Texts of a tag or field that a reference has, in its order, to which new ones are
    /// added.</summary>
    public static TextDictionary Known(TextDictionary? ofReference)
    {
        TextDictionary known = new(int.MaxValue, int.MaxValue);
        for (int i = 0; i < (ofReference?.Count ?? 0); i++) known.IndexOf(ofReference![i]);
        return known;
    }

    /// <summary>Takes a run apart; texts count on from those of the reference, if there is one.</summary>
    public static LooseRows Of(SortedRun run, LooseRows? reference)
    {
        TableBatch batch = run.Batch;
        LooseRows rows = new() { Times = batch.Times.ToArray(), SeriesRows = new int[batch.Series.Length] };
        foreach (int series in batch.SeriesIndex) rows.SeriesRows[series]++;
        for (int i = 0; i < batch.Series.ColumnCount; i++)
        {
            string name = batch.Series.Schema.GetFieldByIndex(i).Name;
            TextDictionary known = Known(reference?.Tag(name)?.Texts);
            Utf8Column texts = new((StringArray)batch.Series.Column(i));
            int[] places = new int[batch.Series.Length];
            for (int s = 0; s < places.Length; s++)
                places[s] = texts.LengthOf(s) == 0 ? 0 : known.IndexOf(texts[s]) + 1;
            rows.Tags.Add(new LooseTag(name, places, known));
        }

        for (int i = TableBatch.FieldsStart; i < batch.Rows.ColumnCount; i++)
        {
            Field field = batch.Rows.Schema.GetFieldByIndex(i);
            FieldType type = SegmentWriter.Logical(field).Type;
            TextDictionary? known = reference?.Field(field.Name, type)?.Texts;
            rows.Fields.Add(Take(new LooseField(field.Name, type)
            {
                Words = new long[batch.RowCount],
                Texts = type == FieldType.String ? Known(known) : null,
            }, rows.SeriesRows, batch.Rows.Column(i)));
        }

        return rows;
    }

    public LooseTag? Tag(string name) => Tags.Find(t => t.Name == name);

    public LooseField? Field(string name, FieldType type) =>
        Fields.Find(f => f.Name == name && f.Type == type);

    /// <summary>The grid of the times.</summary>
    public TimeSteps Steps => _steps ??= TimeSteps.Of(this);

    /// <summary>By series the last value of a field; null where it has none.</summary>
    public long?[] LastOf(LooseField field)
    {
        long?[] last = new long?[SeriesRows.Length];
        int row = 0;
        for (int s = 0; s < last.Length; s++)
        {
            for (int end = row + SeriesRows[s]; row < end; row++)
            {
                if (field.Has(row)) last[s] = field.Words[row];
            }
        }

        return last;
    }

    /// <summary>Puts the rows together again.</summary>
    public SortedRun ToRun(TableId table)
    {
        List<Field> tags = [];
        List<IArrowArray> tagArrays = [];
        foreach (LooseTag tag in Tags)
        {
            TextGather gather = new(SeriesRows.Length);
            foreach (int place in tag.Places) gather.Append(place == 0 ? [] : tag.Texts[place - 1]);
            if (gather.Build() is not { } array) continue;
            tags.Add(new Field(tag.Name, array.Data.DataType, nullable: true));
            tagArrays.Add(array);
        }

        int[] series = new int[Times.Length];
        int at = 0;
        for (int s = 0; s < SeriesRows.Length; s++)
        {
            series.AsSpan(at, SeriesRows[s]).Fill(s);
            at += SeriesRows[s];
        }

        List<Field> fields = [RowColumns.SeriesField, RowColumns.TimeField];
        List<IArrowArray> arrays = [RowColumns.Series(series), RowColumns.Times(Times)];
        foreach (LooseField field in Fields)
        {
            fields.Add(new Field(field.Name, RowColumns.TypeOf(field.Type), nullable: true));
            arrays.Add(Build(field));
        }

        return new SortedRun(new TableBatch(
            table,
            new RecordBatch(new Schema(tags, null), tagArrays, SeriesRows.Length),
            new RecordBatch(new Schema(fields, null), arrays, Times.Length)));
    }

    private static LooseField Take(LooseField field, int[] seriesRows, IArrowArray array)
    {
        if (array.NullCount > 0)
        {
            field.IsPresent = new byte[array.Length];
            DenseWords.Presence(array, 0, field.IsPresent);
        }

        switch (field.Type)
        {
            case FieldType.String:
                Utf8Column texts = new((StringArray)array);
                for (int row = 0; row < array.Length; row++)
                {
                    if (field.Has(row)) field.Words[row] = field.Texts!.IndexOf(texts[row]);
                }

                break;
            case FieldType.Boolean:
                ReadOnlySpan<byte> bits = array.Data.Buffers[1].Span;
                for (int row = 0; row < array.Length; row++)
                    field.Words[row] = BitUtility.GetBit(bits, array.Data.Offset + row) ? 1 : 0;
                break;
            case FieldType.Float64:
                TakeDoubles(field, seriesRows, WordsOf(array));
                break;
            default:
                WordsOf(array).CopyTo(field.Words);
                break;
        }

        return field;
    }

    private static ReadOnlySpan<long> WordsOf(IArrowArray array) =>
        array.Data.Buffers[1].Span.CastTo<long>().Slice(array.Data.Offset, array.Length);

    private static void TakeDoubles(LooseField field, int[] seriesRows, ReadOnlySpan<long> bits)
    {
        field.Scales = new int[seriesRows.Length];
        int start = 0;
        for (int s = 0; s < seriesRows.Length; s++)
        {
            field.Scales[s] = LooseDoubles.Take(bits, field, start, start + seriesRows[s]);
            start += seriesRows[s];
        }
    }

    private IArrowArray Build(LooseField field)
    {
        int rows = field.Words.Length;
        int absent = field.IsPresent is null ? 0 : field.IsPresent.AsSpan().Count((byte)0);
        ArrowBuffer validity =
            absent == 0 ? ArrowBuffer.Empty : new ArrowBuffer(FieldScatter.ToBits(field.IsPresent));
        ArrowBuffer[] values = field.Type switch
        {
            FieldType.String => Texts(field),
            FieldType.Boolean =>
                [new ArrowBuffer(FieldScatter.ToBits([.. field.Words.Select(w => (byte)(w & 1))]))],
            FieldType.Float64 => [RowColumns.Buffer(MemoryMarshal.AsBytes(Doubles(field).AsSpan()))],
            _ => [RowColumns.Buffer(MemoryMarshal.AsBytes(field.Words.AsSpan()))],
        };
        return ArrowArrayFactory.BuildArray(new ArrayData(
            RowColumns.TypeOf(field.Type), rows, absent, 0, [validity, .. values]));
    }

    private long[] Doubles(LooseField field)
    {
        long[] bits = new long[field.Words.Length];
        int row = 0;
        for (int s = 0; s < SeriesRows.Length; s++)
        {
            for (int end = row + SeriesRows[s]; row < end; row++)
            {
                if (field.Has(row))
                    bits[row] = LooseDoubles.Bits(field.Words[row], field.Units?[row] ?? 0, field.Scales[s]);
            }
        }

        return bits;
    }

    private static ArrowBuffer[] Texts(LooseField field)
    {
        int[] offsets = new int[field.Words.Length + 1];
        ByteSink text = new();
        for (int row = 0; row < field.Words.Length; row++)
        {
            if (field.Has(row)) text.Write(field.Texts![(int)field.Words[row]]);
            offsets[row + 1] = text.Length;
        }

        return [RowColumns.Buffer(MemoryMarshal.AsBytes(offsets.AsSpan())), RowColumns.Buffer(text.Written)];
    }
}
