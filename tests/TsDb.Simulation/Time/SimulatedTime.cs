namespace TsDb.Simulation.Time;

/// <summary>
/// The one clock. Nothing happens but what is due next: events run one after the other, in the order of their
/// times, and of their making where those are equal.
/// </summary>
internal sealed class SimulatedTime
{
    private static readonly DateTimeOffset Start = new(2023, 11, 14, 22, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<SimulatedEvent, (long Ticks, long Order)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;
    private volatile string? _stranger;

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The true time, which no machine knows.</summary>
    public DateTimeOffset Now => Start + Elapsed;

    /// <summary>Events that have happened.</summary>
    public long EventCount { get; private set; }

    /// <summary>Lets something happen after a delay.</summary>
    public SimulatedEvent After(TimeSpan delay, Action what)
    {
        RequireOneThread();
        SimulatedEvent due = new(what);
        long ticks = Elapsed.Ticks + Math.Max(0, delay.Ticks);
        _events.Enqueue(due, (ticks, _order++));
        return due;
    }

    /// <summary>
    /// Called by whoever must run on the one thread. On another, where code that awaits without its context
    /// may get, the run ends with the place: it would not be the same twice.
    /// </summary>
    public void RequireOneThread()
    {
        if (Environment.CurrentManagedThreadId != _thread) _stranger = Environment.StackTrace;
    }

    /// <summary>Lets time go on to the next event, if that is before the end; false otherwise.</summary>
    public bool RunNext(TimeSpan end)
    {
        if (_stranger is { } place) throw new Fleet.SimulationException($"another thread: {place}");
        while (_events.TryPeek(out SimulatedEvent? next, out (long Ticks, long Order) due))
        {
            if (due.Ticks > end.Ticks) break;
            _events.Dequeue();
            if (next.IsCancelled) continue;
            Elapsed = TimeSpan.FromTicks(due.Ticks);
            EventCount++;
            next.What();
            return true;
        }

        Elapsed = end;
        return false;
    }
}
