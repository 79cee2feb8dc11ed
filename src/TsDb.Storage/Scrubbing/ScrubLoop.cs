namespace TsDb.Storage.Scrubbing;

/// <summary>
/// Reads stored files again and again, slowly, so that decay is found while there are other copies. The pace
/// is kept over several files: small ones do not wait each.
/// </summary>
/// <param name="bytesPerSecondMax">How fast it reads; 0 for not at all.</param>
/// <param name="clock">Makes it wait.</param>
public sealed class ScrubLoop(long bytesPerSecondMax, TimeProvider clock)
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // Each wait wakes the process: small files are read a few at a time.
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(500);

    private ScrubStatus _status = new(0, 0, 0, null);

    /// <summary>How far it is. May be read by any thread.</summary>
    public ScrubStatus Status => Volatile.Read(ref _status);

    /// <summary>Runs until cancelled.</summary>
    /// <param name="files">The files that are there now; walked while they are read.</param>
    /// <param name="bytesOf">Size of one.</param>
    /// <param name="isWhole">Reads one; false if it is damaged.</param>
    /// <param name="ct">Ends it.</param>
    public async Task RunAsync<T>(
        Func<IEnumerable<T>> files, Func<T, long> bytesOf, Func<T, bool> isWhole, CancellationToken ct)
    {
        if (bytesPerSecondMax <= 0)
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, ct).ConfigureAwait(false);
        while (true)
        {
            bool hasAny = false;
            TimeSpan due = TimeSpan.Zero;
            foreach (T file in files())
            {
                hasAny = true;
                Note(bytesOf(file), isWhole(file));
                due += TimeSpan.FromSeconds((double)bytesOf(file) / bytesPerSecondMax);
                if (due < LeastWait) continue;
                await Task.Delay(due, clock, ct).ConfigureAwait(false);
                due = TimeSpan.Zero;
            }

            if (hasAny) Volatile.Write(ref _status, _status with { FinishedAt = clock.GetUtcNow() });
            await Task.Delay(Rest, clock, ct).ConfigureAwait(false);
        }
    }

    private void Note(long bytes, bool isWhole) => Volatile.Write(ref _status, _status with
    {
        Files = _status.Files + 1,
        BytesLength = _status.BytesLength + bytes,
        Damaged = _status.Damaged + (isWhole ? 0 : 1),
    });
}
