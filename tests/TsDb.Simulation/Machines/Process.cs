namespace TsDb.Simulation.Machines;

/// <summary>
/// One start of a program. All its code runs here, one thing after the other: what it awaits goes on in the
/// order in which it became ready. Once it is dead nothing of it ever runs again. A program that has no
/// threads of its own by construction needs no context: what it completes goes on in place.
/// </summary>
internal sealed class Process(Machine machine, bool needsContext) : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new();
    private bool _isRunning;
    private bool _isWoken;

    public bool IsAlive { get; private set; } = true;

    /// <summary>Runs something and whatever becomes ready by it.</summary>
    public void Run(Action work) => machine.Run(this, work);

    /// <summary>The same, once the machine has nothing against it.</summary>
    internal void RunNow(Action work)
    {
        if (!IsAlive) return;
        if (_isRunning)
        {
            work();
            return;
        }

        SynchronizationContext? outer = Current;
        SetSynchronizationContext(needsContext ? this : null);
        _isRunning = true;
        try
        {
            work();
            Drain();
        }
        finally
        {
            _isRunning = false;
            SetSynchronizationContext(outer);
        }
    }

    /// <summary>Runs what has become ready so far.</summary>
    private void Drain()
    {
        while (IsAlive && _ready.TryDequeue(out (SendOrPostCallback Callback, object? State) next))
            next.Callback(next.State);
    }

    /// <summary>Ends it, in the middle of whatever it is at.</summary>
    public void Kill()
    {
        IsAlive = false;
        _ready.Clear();
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        // What waits for a timer of a dead program is let go by the finalizer's thread.
        if (!IsAlive) return;
        machine.World.Time.RequireOneThread();
        _ready.Enqueue((d, state));
        if (_isRunning || _isWoken) return;
        _isWoken = true;
        machine.World.Time.After(TimeSpan.Zero, () =>
        {
            _isWoken = false;
            Run(() => { });
        });
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("nobody waits for another thread: there is none");

    public override SynchronizationContext CreateCopy() => this;
}
