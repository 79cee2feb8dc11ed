namespace TsDb.Adapters.DuckDb;

/// <summary>
/// One statement's place among those that run. After a while it is exchanged for one of the places of slow
/// statements, if one is free, so that small statements find theirs. Safe for several threads.
/// </summary>
internal sealed class Turn : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _quick;
    private readonly SemaphoreSlim _slow;
    private readonly ITimer _timer;
    private bool _isSlow;
    private bool _isOver;

    /// <summary>Takes over a place among the quick ones.</summary>
    public Turn(SemaphoreSlim quick, SemaphoreSlim slow, TimeSpan slowAfter, TimeProvider clock)
    {
        (_quick, _slow) = (quick, slow);
        _timer = clock.CreateTimer(_ => Exchange(), null, slowAfter, slowAfter);
    }

    /// <summary>Gives the place back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _isOver = true;
            (_isSlow ? _slow : _quick).Release();
        }

        _timer.Dispose();
    }

    private void Exchange()
    {
        lock (_gate)
        {
            if (_isOver || _isSlow || !_slow.Wait(0)) return;
            _isSlow = true;
            _quick.Release();
        }
    }
}
