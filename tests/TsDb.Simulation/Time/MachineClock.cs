using TsDb.Simulation.Machines;

namespace TsDb.Simulation.Time;

/// <summary>
/// What one program takes for the time. Its wall clock may be wrong by any amount and may jump; what it waits
/// for takes as long as it should. Its timers end with it.
/// </summary>
internal sealed class MachineClock(SimulatedTime time, Process process, Func<TimeSpan> skew) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => time.Now + skew();

    public override long GetTimestamp() => time.Elapsed.Ticks;

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(time, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimulatedTime time, Process process, Action callback) : ITimer
    {
        private SimulatedEvent? _next;
        private TimeSpan _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _next?.Cancel();
            _period = period;
            _next = dueTime == Timeout.InfiniteTimeSpan ? null : time.After(dueTime, Fire);
            return true;
        }

        public void Dispose() => _next?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!process.IsAlive) return;
            _next = _period > TimeSpan.Zero ? time.After(_period, Fire) : null;
            process.Run(callback);
        }
    }
}
