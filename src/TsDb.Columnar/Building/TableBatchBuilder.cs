using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar.Building;

/// <summary>
/// Collects points of one table into columns. A row is built by setting its fields and ending it; until it is
/// ended, <see cref="RollBack"/> takes back everything since the last row: values, columns and series. Used
/// by one thread.
/// </summary>
public sealed class TableBatchBuilder : IDisposable
{
    private const int RowsStart = 64;

    private readonly List<string> _tags = [];
    private readonly List<FieldColumn> _fields = [];
    private readonly SeriesKeys _series;
    private int[] _rowSeries = ArrayPool<int>.Shared.Rent(RowsStart);
    private long[] _rowTimes = ArrayPool<long>.Shared.Rent(RowsStart);
    private int _tagsKept;
    private int _fieldsKept;
    private int _seriesKept;

    /// <summary>Starts without columns and rows.</summary>
    /// <param name="table">The table that all points belong to.</param>
    /// <param name="hashSeed">Any number that writers cannot guess.</param>
    public TableBatchBuilder(TableId table, long hashSeed)
    {
        Table = table;
        _series = new SeriesKeys(hashSeed);
    }

    /// <summary>The table that all points belong to.</summary>
    public TableId Table { get; }

    /// <summary>Number of ended rows; the index of the row that is being built.</summary>
    public int RowCount { get; private set; }

    /// <summary>Number of tag columns.</summary>
    public int TagCount => _tags.Count;

    /// <summary>Number of field columns.</summary>
    public int FieldCount => _fields.Count;

    /// <summary>Number of distinct tag sets.</summary>
    public int SeriesCount => _series.Count;

    /// <summary>Adds a tag column; the caller knows that the name is new. Returns its index.</summary>
    public int AddTag(string name)
    {
        _tags.Add(name);
        return _tags.Count - 1;
    }

    /// <summary>Adds a field column; the caller knows that the name is new. Returns its index.</summary>
    public int AddField(string name, FieldType type)
    {
        _fields.Add(new FieldColumn(name, type));
        return _fields.Count - 1;
    }

    /// <summary>A field's column, to set values for row <see cref="RowCount"/>.</summary>
    public FieldColumn Field(int field) => _fields[field];

    /// <summary>Sets values of the current row for the first columns, in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetFirst(ReadOnlySpan<long> bits)
    {
        ReadOnlySpan<FieldColumn> fields = CollectionsMarshal.AsSpan(_fields);
        for (int i = 0; i < bits.Length; i++) fields[i].Set(RowCount, bits[i]);
    }

    /// <summary>Starts a tag set.</summary>
    public void BeginSeries() => _series.Begin();

    /// <summary>Gives a tag of the set its value; false if it has one already.</summary>
    public bool SetTag(int tag, ReadOnlySpan<byte> value) => _series.Set(tag, value);

    /// <summary>
    /// Ends the tag set and returns its index; an equal set gives an equal index in whatever order it came.
    /// </summary>
    public int EndSeries() => _series.End();

    /// <summary>Ends the row: its fields are those set since the last one.</summary>
    /// <param name="series">The index of its tag set.</param>
    /// <param name="timeNanoseconds">Its time in nanoseconds since the Unix epoch.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EndRow(int series, long timeNanoseconds)
    {
        int row = RowCount;
        if (row >= _rowSeries.Length || row >= _rowTimes.Length) GrowRows();
        _rowSeries[row] = series;
        _rowTimes[row] = timeNanoseconds;
        RowCount = row + 1;
        _tagsKept = _tags.Count;
        _fieldsKept = _fields.Count;
        _seriesKept = _series.Count;
    }

    /// <summary>Takes back everything since the last row was ended.</summary>
    public void RollBack()
    {
        _series.Truncate(_seriesKept);
        _tags.RemoveRange(_tagsKept, _tags.Count - _tagsKept);
        for (int i = _fieldsKept; i < _fields.Count; i++) _fields[i].Dispose();
        _fields.RemoveRange(_fieldsKept, _fields.Count - _fieldsKept);
        foreach (FieldColumn field in _fields) field.Truncate(RowCount);
    }

    /// <summary>The ended rows as a batch of its own memory. The builder is not changed.</summary>
    public TableBatch Build()
    {
        RecordBatch series = BatchLayout.Series(_tags, _series);
        RecordBatch rows =
            BatchLayout.Rows(_rowSeries.AsSpan(0, RowCount), _rowTimes.AsSpan(0, RowCount), _fields);
        return new TableBatch(Table, series, rows);
    }

    /// <summary>
    /// Gives the memory back. The builder must not be used any more; batches built stay valid.
    /// </summary>
    public void Dispose()
    {
        if (_rowSeries.Length == 0) return;
        _series.Dispose();
        foreach (FieldColumn field in _fields) field.Dispose();
        ArrayPool<int>.Shared.Return(_rowSeries);
        ArrayPool<long>.Shared.Return(_rowTimes);
        _rowSeries = [];
        _rowTimes = [];
    }

    private void GrowRows()
    {
        int[] series = ArrayPool<int>.Shared.Rent(_rowSeries.Length * FieldColumn.Growth);
        long[] times = ArrayPool<long>.Shared.Rent(_rowTimes.Length * FieldColumn.Growth);
        _rowSeries.AsSpan(0, RowCount).CopyTo(series);
        _rowTimes.AsSpan(0, RowCount).CopyTo(times);
        ArrayPool<int>.Shared.Return(_rowSeries);
        ArrayPool<long>.Shared.Return(_rowTimes);
        (_rowSeries, _rowTimes) = (series, times);
    }
}
