using Apache.Arrow;
using TsDb.Columnar.Merging;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Segments of one cell merged by key, as rows to write. The keys of all inputs are in memory, of the fields
/// one at a time: each row group of each file is an input of the merge.
/// </summary>
internal sealed class MergedRows : ISegmentRows
{
    private readonly IReadOnlyList<SegmentReader> _readers;
    private readonly RowOrder _order;

    /// <param name="table">The table of all files.</param>
    /// <param name="oldestFirst">The files, of which a later one is newer.</param>
    public MergedRows(TableId table, IReadOnlyList<SegmentReader> oldestFirst)
    {
        _readers = oldestFirst;
        TableBatch[] keys = [.. oldestFirst.SelectMany(
            reader => Enumerable.Range(0, reader.RowGroupCount).Select(reader.ReadKeys))];
        MergeColumns columns = MergeColumns.Of(
            table, keys, oldestFirst.SelectMany(reader => reader.Manifest.Tags).Select(tag => tag.Name));
        SeriesRanking ranking = new(keys, columns);
        _order = RowOrder.Of(keys, ranking.Ranks, ranking.Sorted.Length, RowFilter.Within(null));
        Series = KeyMerge.Series(keys, columns, ranking, _order);
        Fields = UnionOf(table, oldestFirst);
    }

    public RecordBatch Series { get; }

    public ReadOnlySpan<int> SeriesIndex => _order.Series;

    public ReadOnlySpan<long> Times => _order.Times;

    public IReadOnlyList<Field> Fields { get; }

    public IArrowArray? Column(int field)
    {
        List<FieldPart> parts = [];
        foreach (SegmentReader reader in _readers)
        {
            for (int group = 0; group < reader.RowGroupCount; group++)
                parts.Add(new FieldPart(reader.RowsOf(group), reader.ReadField(group, Fields[field].Name)));
        }

        return new FieldScatter(_order).Column(Fields[field], parts);
    }

    private static List<Field> UnionOf(TableId table, IReadOnlyList<SegmentReader> readers)
    {
        TableSchema schema = TableSchema.Empty(table);
        foreach (SegmentReader reader in readers)
            schema = schema.With(reader.Manifest.Tags).With(reader.Manifest.Fields);
        return [.. schema.Fields.Select(f => new Field(f.Name, RowColumns.TypeOf(f.Type), nullable: true))];
    }
}
