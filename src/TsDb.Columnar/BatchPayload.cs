using System.Collections.Concurrent;
using TsDb.Columnar.Parquet;

namespace TsDb.Columnar;

/// <summary>
/// The bytes of some batches for the log (see <see cref="BatchCodec"/>), in memory that is used again once
/// this is disposed. Whoever still reads <see cref="Bytes"/> then reads the bytes of another.
/// </summary>
public sealed class BatchPayload : IDisposable
{
    private const int KeptMax = 32;
    private const int KeptBytesMax = 4 << 20;

    private static readonly ConcurrentQueue<ByteSink> Kept = new();

    private ByteSink? _sink;

    private BatchPayload(ByteSink sink) => _sink = sink;

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Bytes =>
        _sink?.Memory ?? throw new ObjectDisposedException(nameof(BatchPayload));

    /// <summary>Encodes batches in the order given.</summary>
    public static BatchPayload Of(IReadOnlyList<TableBatch> batches)
    {
        if (!Kept.TryDequeue(out ByteSink? sink)) sink = new ByteSink();
        sink.Clear();
        BatchCodec.EncodeTo(sink, batches);
        return new BatchPayload(sink);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ByteSink? sink = Interlocked.Exchange(ref _sink, null);
        if (sink is null || sink.Memory.Length > KeptBytesMax || Kept.Count >= KeptMax) return;
        Kept.Enqueue(sink);
    }
}
