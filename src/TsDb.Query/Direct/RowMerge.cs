using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Query.Direct;

/// <summary>Brings rows of many nodes together: in the order of time, or the newest of each combination of
/// tags, or as they come.</summary>
internal sealed class RowMerge(DirectPlan plan)
{
    /// <summary>The answer; null if a part is of another form than expected.</summary>
    public IReadOnlyList<RecordBatch>? Merge(IReadOnlyList<RecordBatch> parts, Schema schema)
    {
        if (!parts.All(part => HasForm(part, schema))) return null;
        bool asTheyCome = plan.NewestBy.IsDefault && plan.Order.IsEmpty;
        if (asTheyCome && HaveOneForm(parts)) return AsTheyCome(parts, WithRunsOf(parts[0].Schema, schema));
        parts = [.. parts.Select(part => ShortIntegers.Widen(
            TextRuns.AreIn(part.Schema) ? TextRuns.Expand(part, schema) : part, schema))];
        if (parts.Count == 0 || asTheyCome) return AsTheyCome(parts, schema);
        List<(int Part, int Row)> rows = [];
        for (int part = 0; part < parts.Count; part++)
        {
            for (int row = 0; row < parts[part].Length; row++) rows.Add((part, row));
        }

        int time = plan.Outputs.IndexOf(new DirectOutput.Value(DirectColumn.Time));
        long TimeOf((int Part, int Row) at) => ((TimestampArray)parts[at.Part].Column(time)).Values[at.Row];
        if (!plan.NewestBy.IsDefault)
            rows = [.. rows.GroupBy(row => Name(parts[row.Part], row.Row)).Select(
                same => same.MaxBy(TimeOf))];
        if (!plan.Order.IsEmpty)
            rows = [.. plan.Order[0].IsDescending ? rows.OrderByDescending(TimeOf) : rows.OrderBy(TimeOf)];
        if (plan.Limit < rows.Count) rows = rows[..(int)plan.Limit];
        return
        [
            new RecordBatch(
                schema,
                schema.FieldsList.Select(
                    (field, i) => Gather([.. parts.Select(part => part.Column(i))], rows, field)),
                rows.Count),
        ];
    }

    // Texts are runs in the same columns of all, and no rows have to be cut off: else they are made plain.
    private bool HaveOneForm(IReadOnlyList<RecordBatch> parts) =>
        parts.Count > 0 && TextRuns.AreIn(parts[0].Schema)
        && parts.Sum(part => (long)part.Length) <= plan.Limit
        && parts.All(part => Enumerable.Range(0, part.ColumnCount).All(
            i => part.Column(i) is RunEndEncodedArray == parts[0].Column(i) is RunEndEncodedArray));

    // Short integers go by what the whole column is: those of another part may be longer.
    private static Schema WithRunsOf(Schema part, Schema schema) => new(
        schema.FieldsList.Select((field, i) => TextRuns.IsRuns(part.FieldsList[i].DataType)
            ? part.FieldsList[i] : field),
        schema.Metadata);

    private List<RecordBatch> AsTheyCome(IReadOnlyList<RecordBatch> parts, Schema schema)
    {
        List<RecordBatch> batches = [];
        long left = plan.Limit;
        foreach (RecordBatch part in parts)
        {
            if (left == 0) break;
            RecordBatch piece = part.Length <= left ? part : part.Slice(0, (int)left);
            batches.Add(new RecordBatch(schema, piece.Arrays, piece.Length));
            left -= piece.Length;
        }

        return batches;
    }

    private static bool HasForm(RecordBatch part, Schema schema) =>
        part.ColumnCount == schema.FieldsList.Count
        && schema.FieldsList.Select((field, i) => part.Column(i) switch
        {
            TimestampArray times => field.DataType is TimestampType type
                && ((TimestampType)times.Data.DataType).Unit == type.Unit,
            RunEndEncodedArray => field.DataType is StringType && TextRuns.AreIn(part.Schema),
            Int16Array or Int32Array => field.DataType is Int64Type,
            StringArray or BooleanArray or Int64Array or UInt64Array or DoubleArray =>
                part.Column(i).Data.DataType.TypeId == field.DataType.TypeId,
            _ => false,
        }).All(fits => fits);

    private string Name(RecordBatch part, int row)
    {
        StringBuilder name = new();
        foreach (DirectColumn column in plan.NewestBy)
        {
            StringArray texts = (StringArray)part.Column(
                plan.Outputs.IndexOf(new DirectOutput.Value(column)));
            string? text = texts.GetString(row);
            name.Append(text?.Length ?? -1).Append(':').Append(text);
        }

        return name.ToString();
    }

    private static IArrowArray Gather(IArrowArray[] parts, List<(int Part, int Row)> rows, Field field)
    {
        if (parts[0] is StringArray) return Texts(parts, rows);
        if (parts[0] is BooleanArray)
        {
            BooleanArray.Builder flags = new();
            foreach ((int part, int row) in rows)
            {
                if (((BooleanArray)parts[part]).GetValue(row) is { } flag) flags.Append(flag);
                else flags.AppendNull();
            }

            return flags.Build();
        }

        // All others are eight bytes wide.
        OutputValues<long> values = new(rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            IArrowArray array = parts[rows[i].Part];
            if (array.IsNull(rows[i].Row)) continue;
            ReadOnlySpan<long> words =
                System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(array.Data.Buffers[1].Span);
            values.Set(i, words[array.Data.Offset + rows[i].Row]);
        }

        return values.Build(field.DataType);
    }

    private static StringArray Texts(IArrowArray[] parts, List<(int Part, int Row)> rows)
    {
        OutputTexts texts = new(rows.Count);
        foreach ((int part, int row) in rows)
        {
            StringArray array = (StringArray)parts[part];
            if (array.IsNull(row)) texts.AppendNull();
            else texts.Append(array.GetBytes(row));
        }

        return texts.Build();
    }
}
