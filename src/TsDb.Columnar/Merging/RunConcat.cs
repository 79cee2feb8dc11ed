using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>
/// Puts runs that follow each other in (tags, time) order together by copying, without looking for an order.
/// </summary>
internal static class RunConcat
{
    /// <param name="table">The table of all parts.</param>
    /// <param name="tags">Tags in the order of the sort.</param>
    /// <param name="parts">In order; the last series of one may be the first of the next.</param>
    public static SortedRun Of(TableId table, IReadOnlyList<string> tags, IReadOnlyList<TableBatch> parts)
    {
        if (parts.Count == 0) return KeyMerge.Merge(table, []);
        if (parts.Count == 1) return new SortedRun(WithoutEmptyColumns(parts[0]));
        MergeColumns columns = MergeColumns.Of(table, parts);
        List<(int Part, int Row)> series = [];
        int rows = checked(parts.Sum(p => p.RowCount));
        int[] index = new int[rows];
        long[] times = new long[rows];
        int at = 0;
        for (int part = 0; part < parts.Count; part++)
        {
            TableBatch batch = parts[part];
            bool continues = part > 0 && TagSets.Compare(
                tags, parts[part - 1].Series, parts[part - 1].Series.Length - 1, batch.Series, 0) == 0;
            int shift = series.Count - (continues ? 1 : 0);
            for (int s = continues ? 1 : 0; s < batch.Series.Length; s++) series.Add((part, s));
            foreach (int s in batch.SeriesIndex) index[at++] = s + shift;
            batch.Times.CopyTo(times.AsSpan(at - batch.RowCount));
        }

        List<Field> fields = [RowColumns.SeriesField, RowColumns.TimeField];
        List<IArrowArray> arrays = [RowColumns.Series(index), RowColumns.Times(times)];
        RowOrder order = RowOrder.InPlace(index, times);
        FieldScatter scatter = new(order);
        for (int i = 0; i < columns.Fields.Count; i++)
        {
            if (scatter.Column(columns.Fields[i], columns.Parts(i, parts)) is not { } array) continue;
            fields.Add(columns.Fields[i]);
            arrays.Add(array);
        }

        return new SortedRun(new TableBatch(
            table, Series(tags, parts, series), new RecordBatch(new Schema(fields, null), arrays, rows)));
    }

    private static RecordBatch Series(
        IReadOnlyList<string> tags, IReadOnlyList<TableBatch> parts, List<(int Part, int Row)> series)
    {
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        foreach (string tag in tags)
        {
            TextGather gather = new(series.Count);
            foreach ((int part, int row) in series)
                gather.Append(TagSets.ValueOf(parts[part].Series, tag, row));
            if (gather.Build() is not { } array) continue;
            fields.Add(new Field(tag, array.Data.DataType, nullable: true));
            arrays.Add(array);
        }

        return new RecordBatch(new Schema(fields, null), arrays, series.Count);
    }

    private static TableBatch WithoutEmptyColumns(TableBatch batch)
    {
        RecordBatch rows = batch.Rows;
        int[] kept = [.. Enumerable.Range(0, rows.ColumnCount).Where(
            i => i < TableBatch.FieldsStart || rows.Column(i).NullCount < rows.Length)];
        return kept.Length == rows.ColumnCount
            ? batch
            : new TableBatch(batch.Table, batch.Series, new RecordBatch(
                new Schema(kept.Select(rows.Schema.GetFieldByIndex), null),
                kept.Select(rows.Column), rows.Length));
    }
}
