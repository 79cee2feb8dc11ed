namespace TsDb.Adapters.Http.Write;

/// <summary>
/// Breaks off a body that does not go on, so that a client that stalls does not keep its room from others.
/// </summary>
internal sealed class BodyClock : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _client;
    private readonly TimeSpan _stallMax;
    private int _bytes;

    public BodyClock(TimeSpan stallMax, TimeProvider clock, CancellationToken client)
    {
        (_stallMax, _client) = (stallMax, client);
        Stalled = new CancellationTokenSource(stallMax, clock);
        _source = CancellationTokenSource.CreateLinkedTokenSource(client, Stalled.Token);
    }

    /// <summary>Bytes that count as going on.</summary>
    public const int ProgressBytes = 1 << 10;

    /// <summary>Ends a read, because the client is gone or the body has stalled.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>True if it is the body that ended the read.</summary>
    public bool HasStalled => Stalled.IsCancellationRequested && !_client.IsCancellationRequested;

    private CancellationTokenSource Stalled { get; }

    /// <summary>Counts bytes that came; enough of them start the time anew.</summary>
    public void Advance(int bytes)
    {
        _bytes += bytes;
        if (_bytes < ProgressBytes) return;
        _bytes = 0;
        Stalled.CancelAfter(_stallMax);
    }

    public void Dispose()
    {
        _source.Dispose();
        Stalled.Dispose();
    }
}
