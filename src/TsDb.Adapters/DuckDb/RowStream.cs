using System.Threading.Channels;
using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Rows that come while DuckDB reads them, for one scan by one thread. At most a few batches wait; each is
/// disposed once it was read.
/// </summary>
internal sealed class RowStream(Schema schema) : IRowSource, IRowScan, IDisposable
{
    private const int BatchesMax = 4;

    private readonly Channel<RecordBatch> _waiting = Channel.CreateBounded<RecordBatch>(
        new BoundedChannelOptions(BatchesMax) { SingleReader = true, SingleWriter = true });

    private RecordBatch? _current;

    /// <inheritdoc/>
    public IReadOnlyList<Field> Columns => schema.FieldsList;

    /// <inheritdoc/>
    public long? RowCount => null;

    /// <inheritdoc/>
    public int ThreadsMax => 1;

    /// <inheritdoc/>
    public IRowScan BeginScan() => this;

    /// <summary>Hands over a batch once there is room.</summary>
    public ValueTask WriteAsync(RecordBatch batch, CancellationToken ct) =>
        _waiting.Writer.WriteAsync(batch, ct);

    /// <summary>Ends the rows; an error fails the query that reads them.</summary>
    public void Complete(Exception? error = null) => _waiting.Writer.TryComplete(error);

    /// <inheritdoc/>
    public RowShare? Next()
    {
        _current?.Dispose();
        _current = null;
        while (_waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            if (!_waiting.Reader.TryRead(out _current)) continue;
            RecordBatch batch = _current;
            ColumnFeed?[] feeds = new ColumnFeed?[batch.ColumnCount];
            return new RowShare(
                column => feeds[column] ??= ArrowTypes.Feed(batch.Column(column).Data), 0, batch.Length);
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Complete();
        _current?.Dispose();
        while (_waiting.Reader.TryRead(out RecordBatch? batch)) batch.Dispose();
    }
}
