using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// The one merge by key: seal, cut, compaction and queries all use it. Of points with equal (tags, time) one
/// remains, with the newest value of each field that is not null.
/// </summary>
public static class KeyMerge
{
    /// <summary>
    /// Merges batches of one table and one edge. They may have different columns; a tag that a batch lacks is
    /// absent there. Work is linear in the rows when each series arrives in time order, else n log n inside
    /// the series that does not. Throws <see cref="ErrorKind.Conflict"/> if a column's types or roles differ,
    /// <see cref="ErrorKind.Invalid"/> if a batch belongs to another table.
    /// </summary>
    /// <param name="table">The table of every input.</param>
    /// <param name="oldestFirst">The inputs, of which a later one is newer; rows inside one count as its
    /// order says.</param>
    /// <param name="window">Only points of these times; null for all.</param>
    /// <returns>The points, which may be none. Columns without any value are left out.</returns>
    public static SortedRun Merge(
        TableId table, IReadOnlyList<TableBatch> oldestFirst, TimeRange? window = null) =>
        Merge(table, oldestFirst, RowFilter.Within(window));

    internal static SortedRun Merge(TableId table, IReadOnlyList<TableBatch> inputs, RowFilter keep)
    {
        MergeColumns columns = MergeColumns.Of(table, inputs);
        SeriesRanking ranking = new(inputs, columns);
        RowOrder order = RowOrder.Of(inputs, ranking.Ranks, ranking.Sorted.Length, keep);
        RecordBatch series = Series(inputs, columns, ranking, order);
        return new SortedRun(new TableBatch(table, series, Rows(inputs, columns, order)));
    }

    /// <summary>The tag sets of the order's series.</summary>
    internal static RecordBatch Series(
        IReadOnlyList<TableBatch> inputs, MergeColumns columns, SeriesRanking ranking, RowOrder order)
    {
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        for (int tag = 0; tag < columns.Tags.Count; tag++)
        {
            TextGather gather = new(order.Ranks.Count);
            foreach (int rank in order.Ranks)
            {
                (int input, int row) = ranking.Sorted[rank];
                int place = columns.TagPlaces[input][tag];
                gather.Append(
                    place < 0 ? [] : new Utf8Column((StringArray)inputs[input].Series.Column(place))[row]);
            }

            if (gather.Build() is not { } array || order.Ranks.Count == 0) continue;
            fields.Add(new Field(columns.Tags[tag], array.Data.DataType, nullable: true));
            arrays.Add(array);
        }

        return new RecordBatch(new Schema(fields, null), arrays, order.Ranks.Count);
    }

    /// <summary>The rows in their order, with every field that has a value.</summary>
    internal static RecordBatch Rows(IReadOnlyList<TableBatch> inputs, MergeColumns columns, RowOrder order)
    {
        bool isWhole = inputs.Count == 1 && order.IsIdentity;
        FieldScatter scatter = new(order);
        List<Field> fields = [RowColumns.SeriesField, RowColumns.TimeField];
        List<IArrowArray> arrays = [RowColumns.Series(order.Series), RowColumns.Times(order.Times)];
        for (int i = 0; i < columns.Fields.Count; i++)
        {
            FieldPart[] parts = columns.Parts(i, inputs);
            IArrowArray? array = isWhole ? parts[0].Array : scatter.Column(columns.Fields[i], parts);
            if (array is null || array.NullCount == array.Length) continue;
            fields.Add(columns.Fields[i]);
            arrays.Add(array);
        }

        return new RecordBatch(new Schema(fields, null), arrays, order.Times.Length);
    }
}
