namespace TsDb.Storage.Ingest;

/// <summary>
/// Points that came in by any way since the node was started. Safe to use from many threads.
/// </summary>
public sealed class IngestStats
{
    private long _accepted;
    private long _rejected;

    /// <summary>Points acknowledged, rewrites included.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Points refused for what they are; not those of requests that found no room.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Counts a message that could not be taken apart as one rejected point.</summary>
    public void AddRejectedMessage() => Add(0, 1);

    internal void Add(long accepted, long rejected)
    {
        Interlocked.Add(ref _accepted, accepted);
        Interlocked.Add(ref _rejected, rejected);
    }
}
