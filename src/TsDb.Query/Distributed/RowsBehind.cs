using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// The rows of a fragment that a node sends right behind its answer about its catalog, before anybody knows
/// whether they are wanted. They are taken once, or given up, which tells the node to stop. Safe to call from
/// many threads.
/// </summary>
/// <param name="open">Waits for the rows. Errors as <see cref="IFragmentClient.RunAsync"/>.</param>
/// <param name="call">What they come by; disposed where they are given up, else the rows end it.</param>
public sealed class RowsBehind(Func<CancellationToken, Task<ISqlResult>> open, IDisposable call) : IDisposable
{
    private int _isTaken;

    /// <summary>What gives the rows, to be called once; null if they were taken or given up before.</summary>
    public Func<Task<ISqlResult>>? TryTake(CancellationToken ct) =>
        Interlocked.Exchange(ref _isTaken, 1) == 0 ? () => open(ct) : null;

    /// <summary>Gives them up, if nobody has taken them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isTaken, 1) == 0) call.Dispose();
    }
}
