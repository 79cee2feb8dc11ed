using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>A batch of rows that are answered as they are.</summary>
internal sealed class RowBatchBuilder(DirectPlan plan, Schema schema, int length)
{
    private readonly RowColumnBuilder[] _columns =
    [
        .. plan.Outputs.Select((output, i) => RowColumnBuilder.For(
            ((DirectOutput.Value)output).Column, schema.FieldsList[i].DataType, length)),
    ];

    /// <summary>Adds rows of an input; in all exactly as many as the batch is long.</summary>
    public void Add(DirectInput input, ReadOnlySpan<int> series, ReadOnlySpan<int> rows)
    {
        foreach (RowColumnBuilder column in _columns) column.Add(input.Block, input.Edge, series, rows);
    }

    public RecordBatch Build() => new(schema, _columns.Select(column => column.Build()), length);
}
