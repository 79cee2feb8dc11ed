using TsDb.Storage.Compaction;

namespace TsDb.Edge.Workers;

/// <summary>Makes few segments of many, beside everything else, one merge at a time.</summary>
internal sealed class CompactWorker(Compactor compactor, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled; a merge that is under way is finished first.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using PeriodicTimer timer = new(Every, clock);
        while (await timer.WaitForNextTickAsync(stop))
            await Task.Run(() => RunAll(stop), CancellationToken.None);
    }

    private void RunAll(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && compactor.RunOnce(clock.GetUtcNow()))
        {
            // Until there is nothing left to do.
        }
    }
}
