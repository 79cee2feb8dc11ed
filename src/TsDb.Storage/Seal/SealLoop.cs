using Microsoft.Extensions.Logging;

namespace TsDb.Storage.Seal;

/// <summary>
/// The thread of the seals: wakes when it is told to, and now and then by the clock for limits of age.
/// </summary>
internal sealed class SealLoop : IDisposable
{
    private const long CollectBytesMin = 8L << 20;

    private static readonly TimeSpan PeriodMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PeriodMin = TimeSpan.FromMilliseconds(20);

    private readonly SealWorker _worker;
    private readonly ILogger _log;
    private readonly AutoResetEvent _wake = new(false);
    private readonly ITimer _timer;
    private readonly Thread _thread;
    private volatile bool _isClosed;

    public SealLoop(SealWorker worker, TimeSpan sealAge, TimeProvider clock, ILogger log)
    {
        (_worker, _log) = (worker, log);
        TimeSpan period = TimeSpan.FromTicks(
            Math.Clamp(sealAge.Ticks / 10, PeriodMin.Ticks, PeriodMax.Ticks));
        _timer = clock.CreateTimer(_ => Wake(), null, period, period);
        _thread = new Thread(Run) { IsBackground = true, Name = "tsdb-seal" };
        _thread.Start();
    }

    public void Wake()
    {
        lock (_wake)
        {
            if (!_isClosed) _wake.Set();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_wake)
        {
            _isClosed = true;
            _wake.Set();
        }

        _thread.Join();
        _wake.Dispose();
    }

    // The collector does not know that a quarter of the memory has just become free: by itself it would let
    // the next points take new memory first, up to as much again. What it has to look through is little,
    // because points lie in a few large arrays.
    private void CollectSealed()
    {
        if (_worker.BytesFreed >= CollectBytesMin)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
    }

    private void Run()
    {
        while (!_isClosed)
        {
            _wake.WaitOne();
            try
            {
                while (!_isClosed && _worker.RunOnce()) CollectSealed();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A bug in one seal must not end all later ones: its rows stay in buffer and log, and it is
                // said loudly.
                Log.SealFailed(_log, e);
            }
        }
    }
}
