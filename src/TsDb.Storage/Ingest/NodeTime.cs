namespace TsDb.Storage.Ingest;

/// <summary>
/// Times for points that come without one. At nanoseconds every point gets a later time than the one before,
/// so that two points of one series never become one.
/// </summary>
public sealed class NodeTime(TimeProvider clock)
{
    private const long NanosecondsPerTick = 100;

    private long _last = long.MinValue;

    /// <summary>Now, in nanoseconds since the Unix epoch.</summary>
    public long Now => (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * NanosecondsPerTick;

    /// <summary>Now, in nanoseconds since the Unix epoch, later than every time given before.</summary>
    public long Next()
    {
        while (true)
        {
            long now = Now;
            long last = Volatile.Read(ref _last);
            long next = now > last ? now : last + 1;
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
