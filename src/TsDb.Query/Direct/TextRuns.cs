using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Query.Direct;

/// <summary>
/// Texts of rows as Arrow's run-end encoding: rows of one series lie together and have the same tags, which
/// so are made, sent and read once a run in place of once a row.
/// </summary>
public static class TextRuns
{
    private static readonly RunEndEncodedType Type = new(Int32Type.Default, StringType.Default);

    // A run costs about as much as some rows, to send and to make.
    private const int RowsPerRunMin = 4;
    private const int RowsLookedAt = 1_024;
    private const int RowsAtOnce = 64;

    /// <summary>True if the texts of the first rows repeat so often that they are better sent as runs.
    /// </summary>
    public static bool AreShorter(RecordBatch batch)
    {
        (int texts, int runs) = (0, 0);
        int rows = Math.Min(batch.Length, RowsLookedAt);
        foreach (IArrowArray array in batch.Arrays)
        {
            if (array is RunEndEncodedArray encoded)
            {
                texts++;
                runs += (int)((long)encoded.RunEnds.Length * rows / Math.Max(1, batch.Length));
            }

            if (array is not StringArray column) continue;
            texts++;
            for (int row = 0; row < rows; row = EndOfRun(column, row, rows)) runs++;
        }

        return runs * RowsPerRunMin < texts * rows;
    }

    /// <summary>True if a column of that type is texts as runs.</summary>
    public static bool IsRuns(IArrowType type) => type is RunEndEncodedType
    {
        ValuesDataType: StringType,
        RunEndsDataType: Int32Type,
    };

    /// <summary>The same columns with texts as runs.</summary>
    public static Schema Shorten(Schema schema) => With(
        schema, field => field.DataType is StringType ? Shorten(field) : field);

    /// <summary>A column of texts, as runs.</summary>
    public static Field Shorten(Field field) => new(field.Name, Type, field.IsNullable, field.Metadata);

    /// <summary>The same rows, with texts as runs.</summary>
    /// <param name="batch">Rows with plain texts.</param>
    /// <param name="schema">What <see cref="Shorten(Schema)"/> made of their columns.</param>
    public static RecordBatch Shorten(RecordBatch batch, Schema schema) => new(
        schema, batch.Arrays.Select(array => array is StringArray texts ? Runs(texts) : array), batch.Length);

    /// <summary>The same columns with plain texts.</summary>
    public static Schema Expand(Schema schema) => With(schema, field => IsRuns(field.DataType)
        ? new Field(field.Name, StringType.Default, field.IsNullable, field.Metadata)
        : field);

    /// <summary>True if columns of the schema are texts as runs.</summary>
    public static bool AreIn(Schema schema) =>
        schema.FieldsList.Any(field => IsRuns(field.DataType));

    /// <summary>The same rows with plain texts. Throws <see cref="InvalidDataException"/> if runs do not add
    /// up to the rows.</summary>
    /// <param name="batch">Rows with texts as runs; its other columns are the result's as well.</param>
    /// <param name="schema">What <see cref="Expand(Schema)"/> made of their columns.</param>
    public static RecordBatch Expand(RecordBatch batch, Schema schema)
    {
        List<IArrowArray> columns = [];
        foreach (IArrowArray array in batch.Arrays)
            columns.Add(array is RunEndEncodedArray runs ? Texts(runs, batch.Length) : array);

        return new RecordBatch(schema, columns, batch.Length);
    }

    /// <summary>Throws <see cref="InvalidDataException"/> unless all runs of the batch add up to its
    /// rows.</summary>
    public static void Require(RecordBatch batch)
    {
        foreach (IArrowArray array in batch.Arrays)
        {
            if (array is RunEndEncodedArray runs) Require(runs, batch.Length);
        }
    }

    /// <summary>A column of runs from where each ends and its text, null for none.</summary>
    internal static RunEndEncodedArray Of(List<int> ends, List<byte[]?> texts)
    {
        OutputTexts values = new(texts.Count);
        foreach (byte[]? text in texts) values.Append(text);
        byte[] bytes = new byte[ends.Count * sizeof(int)];
        CollectionsMarshal.AsSpan(ends).CopyTo(MemoryMarshal.Cast<byte, int>(bytes.AsSpan()));
        return new RunEndEncodedArray(
            new Int32Array(new ArrowBuffer(bytes), ArrowBuffer.Empty, ends.Count, 0, 0), values.Build());
    }

    private static Schema With(Schema schema, Func<Field, Field> change) =>
        new(schema.FieldsList.Select(change), schema.Metadata);

    private static RunEndEncodedArray Runs(StringArray texts)
    {
        Int32Array.Builder ends = new();
        StringArray.Builder values = new();
        for (int row = 0; row < texts.Length;)
        {
            int end = EndOfRun(texts, row, texts.Length);
            if (texts.IsNull(row)) values.AppendNull();
            else values.Append(texts.GetBytes(row));
            ends.Append(end);
            row = end;
        }

        return new RunEndEncodedArray(ends.Build(), values.Build());
    }

    // Rows of one length whose bytes repeat are the same text. Looked at some rows at a time, as texts are of
    // one length for longer than they are the same.
    private static int EndOfRun(StringArray texts, int start, int rows)
    {
        ReadOnlySpan<int> offsets = texts.ValueOffsets;
        ReadOnlySpan<byte> bytes = texts.Values;
        int length = offsets[start + 1] - offsets[start];
        bool hasNulls = texts.NullCount != 0;
        bool isNull = hasNulls && texts.IsNull(start);
        for (int from = start + 1; ;)
        {
            int stop = Math.Min(rows, from + RowsAtOnce);
            int end = from;
            while (end < stop && offsets[end + 1] - offsets[end] == length
                && (!hasNulls || texts.IsNull(end) == isNull)) end++;
            int same = length == 0 ? end - from
                : bytes[offsets[from - 1]..offsets[end - 1]].CommonPrefixLength(
                    bytes[offsets[from]..offsets[end]]) / length;
            from += same;
            if (from < stop || stop == rows) return from;
        }
    }

    private static void Require(RunEndEncodedArray runs, int rows)
    {
        ReadOnlySpan<int> ends = ((Int32Array)runs.RunEnds).Values;
        if (runs.Data.Offset != 0 || runs.Values.Length != ends.Length
            || (ends.IsEmpty ? 0 : ends[^1]) != rows)
            throw new InvalidDataException("runs of texts do not add up to the rows");
        int start = 0;
        foreach (int end in ends)
        {
            if (end <= start || end > rows)
                throw new InvalidDataException("runs of texts do not rise to the number of rows");
            start = end;
        }
    }

    private static StringArray Texts(RunEndEncodedArray runs, int rows)
    {
        Require(runs, rows);
        ReadOnlySpan<int> ends = ((Int32Array)runs.RunEnds).Values;
        StringArray values = (StringArray)runs.Values;
        OutputTexts texts = new(rows);
        int start = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            texts.AppendRepeated(values.GetBytes(i), values.IsNull(i), ends[i] - start);
            start = ends[i];
        }

        return texts.Build();
    }
}
