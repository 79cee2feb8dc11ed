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
    /// <param name="mask">What is left out.</param>
    public MergedRows(TableId table, IReadOnlyList<SegmentReader> oldestFirst, PointMask mask)
    {
        _readers = oldestFirst;
        TableBatch[] keys = [.. oldestFirst.SelectMany(
            reader => Enumerable.Range(0, reader.RowGroupCount).Select(reader.ReadKeys))];
        MergeColumns columns = MergeColumns.Of(
            table, keys, oldestFirst.SelectMany(reader => reader.Manifest.Tags).Select(tag => tag.Name));
        SeriesRanking ranking = new(keys, columns);
        RowFilter keep = mask.IsEmpty
            ? RowFilter.Within(null) : RowFilter.Only([.. keys.Select(mask.Staying)]);
        _order = RowOrder.Of(keys, ranking.Ranks, ranking.Sorted.Length, keep);
        Series = KeyMerge.Series(keys, columns, ranking, _order);
        Fields =
        [
            .. SchemaOf(table, oldestFirst).Fields
                .Select(f => new Field(f.Name, RowColumns.TypeOf(f.Type), nullable: true)),
        ];
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

    /// <summary>The columns of files, each once.</summary>
    public static TableSchema SchemaOf(TableId table, IReadOnlyList<SegmentReader> readers)
    {
        TableSchema schema = TableSchema.Empty(table);
        foreach (SegmentReader reader in readers)
            schema = schema.With(reader.Manifest.Tags).With(reader.Manifest.Fields);
        return schema;
    }
}
