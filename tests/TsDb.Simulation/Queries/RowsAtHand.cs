using System.Runtime.CompilerServices;
using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Simulation.Queries;

/// <summary>A result that is all here, or ends in the middle.</summary>
internal sealed class RowsAtHand(Schema schema, IReadOnlyList<RecordBatch> batches, bool isBrokenOff)
    : ISqlResult
{
    public Schema Schema => schema;

    /// <summary>The rows as a result; a column's type is that of its first value.</summary>
    public static RowsAtHand Of(string[] names, List<object?[]> rows)
    {
        List<Field> fields = [];
        List<IArrowArray> arrays = [];
        for (int i = 0; i < names.Length; i++)
        {
            object?[] column = [.. rows.Select(row => row[i])];
            IArrowArray array = ArrayOf(column);
            fields.Add(new Field(names[i], array.Data.DataType, nullable: true));
            arrays.Add(array);
        }

        Schema schema = new(fields, null);
        return new RowsAtHand(schema, [new RecordBatch(schema, arrays, rows.Count)], isBrokenOff: false);
    }

    /// <summary>Reads a result to its end.</summary>
    public static async Task<RowsAtHand> ReadAsync(ISqlResult result)
    {
        await using ISqlResult open = result;
        List<RecordBatch> batches = [];
        await foreach (RecordBatch batch in open.ReadAsync(CancellationToken.None)) batches.Add(batch);
        return new RowsAtHand(open.Schema, batches, isBrokenOff: false);
    }

    /// <summary>The rows of a batch.</summary>
    public static IEnumerable<object?[]> Read(RecordBatch batch)
    {
        for (int row = 0; row < batch.Length; row++)
        {
            object?[] values = new object?[batch.ColumnCount];
            for (int i = 0; i < values.Length; i++) values[i] = PointScan.ValueAt(batch.Column(i), row);
            yield return values;
        }
    }

    /// <summary>All rows.</summary>
    public IEnumerable<object?[]> Rows() => batches.SelectMany(Read);

    /// <summary>The same, but the sender fails before the end is known.</summary>
    public RowsAtHand BrokenOff() => new(schema, batches, isBrokenOff: true);

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        foreach (RecordBatch batch in batches) yield return batch;
        if (isBrokenOff) throw new TsDbException(ErrorKind.Closed, "the stream ended in the middle");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IArrowArray ArrayOf(object?[] column)
    {
        switch (column.FirstOrDefault(value => value is not null))
        {
            case long:
                Int64Array.Builder integers = new();
                foreach (object? value in column) integers.Append((long?)value);
                return integers.Build();
            case double:
                DoubleArray.Builder doubles = new();
                foreach (object? value in column) doubles.Append((double?)value);
                return doubles.Build();
            default:
                StringArray.Builder texts = new();
                foreach (object? value in column) texts.Append((string?)value);
                return texts.Build();
        }
    }
}
