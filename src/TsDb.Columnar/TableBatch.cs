using Apache.Arrow;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// Points of one table as two Arrow record batches: the one in-memory form, from the parser through the log
/// and the hot
/// buffer to the seal. Immutable once built.
/// </summary>
/// <remarks>
/// <para><b>Series</b> has one utf8 column per tag, named as the tag; row i is the tag set of the batch's
/// series i; null
/// means that the tag is absent (an empty tag value is stored as null). No two rows are equal.</para>
/// <para><b>Rows</b> has, by position: 0 <c>series</c> int32 (row of Series, never null), 1 <c>time</c>
/// timestamp[ns, UTC] (never null), then one column per field, named as the field: float64, int64, uint64,
/// bool or utf8;
/// null means that the point has no such field. Rows are in commit order: of two rows with the same (series,
/// time) the
/// later one is the newer, field by field, where it is not null.</para>
/// <para>A field may be called "series": fields are found by position from <see cref="FieldsStart"/>
/// on.</para>
/// </remarks>
public sealed class TableBatch
{
    /// <summary>Position of the series index among the columns of <see cref="Rows"/>.</summary>
    public const int SeriesColumn = 0;

    /// <summary>Position of the time among the columns of <see cref="Rows"/>.</summary>
    public const int TimeColumn = 1;

    /// <summary>Position of the first field among the columns of <see cref="Rows"/>.</summary>
    public const int FieldsStart = 2;

    /// <summary>Wraps the two record batches; throws <see cref="ErrorKind.Invalid"/> if they are not of this
    /// shape.</summary>
    public TableBatch(TableId table, RecordBatch series, RecordBatch rows)
    {
        if (rows.ColumnCount < FieldsStart || rows.Column(SeriesColumn) is not Int32Array
            || rows.Column(TimeColumn) is not TimestampArray)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"a batch of {table} lacks its series and time columns");
        }

        (Table, Series, Rows) = (table, series, rows);
    }

    /// <summary>The table that the points belong to.</summary>
    public TableId Table { get; }

    /// <summary>The distinct tag sets of this batch.</summary>
    public RecordBatch Series { get; }

    /// <summary>The points.</summary>
    public RecordBatch Rows { get; }

    /// <summary>Number of points.</summary>
    public int RowCount => Rows.Length;

    /// <summary>For each point the row of its tag set in <see cref="Series"/>.</summary>
    public ReadOnlySpan<int> SeriesIndex => ((Int32Array)Rows.Column(SeriesColumn)).Values;

    /// <summary>For each point its time in nanoseconds since the Unix epoch.</summary>
    public ReadOnlySpan<long> Times => ((TimestampArray)Rows.Column(TimeColumn)).Values;
}
