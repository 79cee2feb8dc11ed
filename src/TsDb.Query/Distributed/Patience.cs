namespace TsDb.Query.Distributed;

/// <summary>
/// A wait that ends after a time, or is given up by disposing it. Unlike a delay with a token nothing of it
/// goes on elsewhere when it is given up: a delay that is cancelled completes on another thread, beside what
/// was waited for together with it.
/// </summary>
internal sealed class Patience : IDisposable
{
    private readonly TaskCompletionSource _over = new();
    private readonly ITimer _timer;

    /// <summary>Begins to wait.</summary>
    public Patience(TimeSpan wait, TimeProvider clock) => _timer =
        clock.CreateTimer(_ => _over.TrySetResult(), null, wait, Timeout.InfiniteTimeSpan);

    /// <summary>Ends when the time is over; never if it is given up before.</summary>
    public Task Over => _over.Task;

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();
}
