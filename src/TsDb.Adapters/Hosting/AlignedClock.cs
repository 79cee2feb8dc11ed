namespace TsDb.Adapters.Hosting;

/// <summary>
/// A clock whose periodic timers fire on a common grid: loops that look around now and then wake the process
/// together. Each wake by itself costs four switches between threads (that of the timers, one of the pool,
/// another that finds nothing to do, and the first again to set the next), and of an idle node they are most
/// of the work. Timers that fire once are deadlines, and stay as they are.
/// </summary>
/// <param name="inner">Tells the time and keeps the timers.</param>
/// <param name="milliseconds">What the inner clock's timers count, from any beginning.</param>
public sealed class AlignedClock(TimeProvider inner, Func<long> milliseconds) : TimeProvider
{
    /// <summary>Between two moments of the grid. Periods that are no multiple of it are not
    /// aligned.</summary>
    public static readonly TimeSpan Grid = TimeSpan.FromMilliseconds(250);

    /// <summary>The machine's clock, aligned. Its timers count in ticks that are coarser than its
    /// timestamps.</summary>
    public static new AlignedClock System { get; } = new(TimeProvider.System, () => Environment.TickCount64);

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => inner.TimestampFrequency;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    /// <inheritdoc/>
    public override long GetTimestamp() => inner.GetTimestamp();

    /// <summary>As of the inner clock; one with a period fires for the first time up to a step of the grid
    /// later than it was to.</summary>
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, IsAligned(dueTime, period) ? ToGrid(dueTime) : dueTime, period);

    private static bool IsAligned(TimeSpan due, TimeSpan period) =>
        due > TimeSpan.Zero && period >= Grid && period.Ticks % Grid.Ticks == 0;

    private TimeSpan ToGrid(TimeSpan due)
    {
        long now = milliseconds();
        long step = (long)Grid.TotalMilliseconds;
        long end = now + (long)Math.Ceiling(due.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(((end + step - 1) / step * step) - now);
    }
}
