using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Rows in memory that one query scans through the table function: named columns, and batches that threads
/// take one slice at a time. Lives until the query ends.
/// </summary>
internal sealed class RowSource : IRowSource
{
    /// <summary>Rows that DuckDB takes in one vector.</summary>
    public const int VectorRows = 2_048;

    // A slice is what a thread takes at once: large enough that taking costs nothing, small enough to share
    // the work.
    private const int SliceRows = 32 * VectorRows;

    // time and edge
    private const int FixedColumns = 2;

    private readonly ColumnFeed?[][] _feeds;
    private readonly Func<int, int, ColumnFeed> _makeFeed;
    private readonly List<(int Batch, int Start, int Count)> _slices;

    private RowSource(
        IReadOnlyList<Field> columns, IReadOnlyList<int> rowCounts, Func<int, int, ColumnFeed> makeFeed)
    {
        (Columns, _makeFeed) = (columns, makeFeed);
        _feeds = new ColumnFeed?[rowCounts.Count][];
        List<(int Batch, int Start, int Count)> slices = [];
        for (int batch = 0; batch < rowCounts.Count; batch++)
        {
            _feeds[batch] = new ColumnFeed?[columns.Count];
            for (int start = 0; start < rowCounts[batch]; start += SliceRows)
                slices.Add((batch, start, Math.Min(SliceRows, rowCounts[batch] - start)));
        }

        _slices = slices;
        RowCount = rowCounts.Sum(count => (long)count);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Field> Columns { get; }

    /// <inheritdoc/>
    public long? RowCount { get; }

    /// <inheritdoc/>
    public int ThreadsMax => Math.Max(1, _slices.Count);

    /// <inheritdoc/>
    public IRowScan BeginScan() => new Scan(this);

    /// <summary>Arrow rows as they are.</summary>
    public static RowSource Of(Schema schema, IReadOnlyList<RecordBatch> batches)
    {
        if (batches.Any(batch => batch.ColumnCount != schema.FieldsList.Count))
            throw new TsDbException(ErrorKind.Invalid, "a batch of rows has other columns than its schema");
        return new RowSource(
            schema.FieldsList,
            [.. batches.Select(batch => batch.Length)],
            (batch, column) => ArrowTypes.Feed(batches[batch].Column(column).Data));
    }

    /// <summary>
    /// Points of one edge: time, edge and the columns of the table, named c0, c1, ... All batches that have a
    /// column agree on its type.
    /// </summary>
    public static RowSource Of(EdgeId edge, ResolvedTable table, IReadOnlyList<TableBatch> batches)
    {
        Field[] columns = new Field[table.Columns.Length + FixedColumns];
        columns[0] = new Field("c0", new TimestampType(TimeUnit.Nanosecond, (string?)null), nullable: false);
        columns[1] = new Field("c1", StringType.Default, nullable: false);
        for (int i = 0; i < table.Columns.Length; i++)
        {
            string name = table.Columns[i].Name;
            IArrowType? type =
                batches.Select(batch => TypeOf(batch, name)).FirstOrDefault(found => found is not null);
            columns[i + FixedColumns] =
                new Field($"c{i + FixedColumns}", type ?? NullType.Default, nullable: true);
        }

        StringTable edgeName = new(new StringArray.Builder().Append(edge.Value).Build().Data);
        return new RowSource(
            columns, [.. batches.Select(batch => batch.RowCount)], (batch, column) => column switch
        {
            0 => new FixedFeed(batches[batch].Rows.Column(TableBatch.TimeColumn).Data, sizeof(long)),
            1 => new ConstantTextFeed(edgeName),
            _ => Feed(batches[batch], table.Columns[column - FixedColumns].Name),
        });
    }

    /// <summary>The Arrow type of a table's column in a batch, or null if it is not there.</summary>
    public static IArrowType? TypeOf(TableBatch batch, string name)
    {
        if (batch.Series.Schema.FieldsList.Any(tag => tag.Name == name)) return StringType.Default;
        int field = FieldIndex(batch, name);
        return field < 0 ? null : batch.Rows.Schema.FieldsList[field].DataType;
    }

    private static ColumnFeed Feed(TableBatch batch, string name)
    {
        IReadOnlyList<Field> tags = batch.Series.Schema.FieldsList;
        for (int i = 0; i < tags.Count; i++)
        {
            if (tags[i].Name != name) continue;
            StringTable table = new(batch.Series.Column(i).Data);
            return new IndexedTextFeed(batch.Rows.Column(TableBatch.SeriesColumn).Data, table);
        }

        int field = FieldIndex(batch, name);
        return field < 0 ? NullFeed.Instance : ArrowTypes.Feed(batch.Rows.Column(field).Data);
    }

    private static int FieldIndex(TableBatch batch, string name)
    {
        IReadOnlyList<Field> fields = batch.Rows.Schema.FieldsList;
        for (int i = TableBatch.FieldsStart; i < fields.Count; i++)
        {
            if (fields[i].Name == name) return i;
        }

        return -1;
    }

    private sealed class Scan(RowSource source) : IRowScan
    {
        private int _next;

        public RowShare? Next()
        {
            int next = Interlocked.Increment(ref _next) - 1;
            if (next >= source._slices.Count) return null;
            (int batch, int start, int count) = source._slices[next];
            return new RowShare(
                column => source._feeds[batch][column] ??= source._makeFeed(batch, column), start, count);
        }
    }
}
