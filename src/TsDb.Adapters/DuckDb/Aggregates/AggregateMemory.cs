using TsDb.Model;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>
/// What the states of our aggregates take in one database: DuckDB's own limit does not see it. Safe for
/// several threads.
/// </summary>
internal sealed class AggregateMemory(long bytesMax)
{
    /// <summary>What the statement fails with.</summary>
    public const string Exceeded =
        "functions of time series and sketches need more memory than the statement is "
        + "allowed: read less data or fewer groups at once";

    private long _bytes;

    /// <summary>Accounts for growth; throws <see cref="ErrorKind.Unavailable"/> beyond the bound.</summary>
    public void Grow(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) <= bytesMax) return;
        throw new TsDbException(ErrorKind.Unavailable, Exceeded);
    }

    /// <summary>Accounts for what was given back.</summary>
    public void Shrink(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
