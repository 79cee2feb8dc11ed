using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>The extent of a part of a query's work; null for what is not known.</summary>
public sealed record ExplainFigures
{
    /// <summary>Cells (or, on an edge, segments) that are read.</summary>
    public long? Cells { get; init; }

    /// <summary>Rows that leave.</summary>
    public long? Rows { get; init; }

    /// <summary>Bytes that leave, as Arrow.</summary>
    public long? Bytes { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Took { get; init; }

    /// <summary>Runs a statement to its end; answers its rows, bytes and time.</summary>
    public static async Task<ExplainFigures> OfRunAsync(
        ISqlEngine engine, SqlRequest request, TimeProvider clock, CancellationToken ct)
    {
        long started = clock.GetTimestamp();
        (long rows, long bytes) = (0, 0);
        await using ISqlResult result = await engine.ExecuteAsync(request, ct);
        await foreach (RecordBatch batch in result.ReadAsync(ct))
        {
            using (batch) (rows, bytes) = (rows + batch.Length, bytes + BytesOf(batch));
        }

        return new ExplainFigures { Rows = rows, Bytes = bytes, Took = clock.GetElapsedTime(started) };
    }

    /// <summary>Bytes of a batch's buffers.</summary>
    public static long BytesOf(RecordBatch batch) => batch.Arrays.Sum(array => BytesOf(array.Data));

    private static long BytesOf(ArrayData data) =>
        data.Buffers.Sum(buffer => (long)buffer.Length) + (data.Children ?? []).Sum(BytesOf)
        + (data.Dictionary is { } dictionary ? BytesOf(dictionary) : 0);
}
