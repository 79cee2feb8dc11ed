using Apache.Arrow;

namespace TsDb.Columnar;

/// <summary>A run that is in memory, as rows to write.</summary>
internal sealed class RunRows(SortedRun run) : ISegmentRows
{
    public RecordBatch Series => run.Batch.Series;

    public ReadOnlySpan<int> SeriesIndex => run.Batch.SeriesIndex;

    public ReadOnlySpan<long> Times => run.Batch.Times;

    public IReadOnlyList<Field> Fields { get; } =
        [.. run.Batch.Rows.Schema.FieldsList.Skip(TableBatch.FieldsStart)];

    public IArrowArray? Column(int field) => run.Batch.Rows.Column(TableBatch.FieldsStart + field);
}
