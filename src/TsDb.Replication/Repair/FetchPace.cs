using TsDb.Replication.Shipping;

namespace TsDb.Replication.Repair;

/// <summary>
/// Holds fetching between nodes to a rate, so that repair leaves room for queries, and counts what came.
/// Owned by one fetcher.
/// </summary>
public sealed class FetchPace(long? bytesPerSecondMax, TimeProvider clock)
{
    private readonly TokenBucket _bucket = new(bytesPerSecondMax, clock.GetUtcNow());

    private long _bytesCount;

    /// <summary>Bytes that have come so far.</summary>
    public long BytesCount => Interlocked.Read(ref _bytesCount);

    /// <summary>Notes that bytes have come and waits until more may.</summary>
    public async ValueTask TakeAsync(int bytes, CancellationToken ct)
    {
        Interlocked.Add(ref _bytesCount, bytes);
        DateTimeOffset now = clock.GetUtcNow();
        _bucket.Take(bytes, now);
        if (_bucket.ReadyAt(now) is var at && at > now) await Task.Delay(at - now, clock, ct);
    }
}
