namespace TsDb.Adapters.Hosting;

/// <summary>
/// Bytes that requests may hold together. Who finds no room waits its turn; one request alone always fits,
/// however
/// large, so that a limit set too low slows down but never blocks for ever.
/// </summary>
public sealed class ByteBudget(long bytesMax, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(long Bytes, TaskCompletionSource Turn)> _waiting = new();
    private long _used;

    /// <summary>Bytes that may be held together.</summary>
    public long BytesMax => bytesMax;

    /// <summary>Bytes held just now.</summary>
    public long UsedBytes => Volatile.Read(ref _used);

    /// <summary>Takes bytes, waiting for them; false if there was no room in time.</summary>
    public async Task<bool> TryTakeAsync(long bytes, TimeSpan wait, CancellationToken ct)
    {
        LinkedListNode<(long Bytes, TaskCompletionSource Turn)> place;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _used += bytes;
                return true;
            }

            place = _waiting.AddLast(
                (bytes, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
        }

        try
        {
            await place.Value.Turn.Task.WaitAsync(wait, clock, ct);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            lock (_gate)
            {
                bool served = place.List is null;
                if (served && error is TimeoutException) return true;
                if (served) _used -= bytes;
                else _waiting.Remove(place);
                Serve();
            }

            ct.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>Gives bytes back and lets those in who fit now, first come first served.</summary>
    public void Return(long bytes)
    {
        lock (_gate)
        {
            _used -= bytes;
            Serve();
        }
    }

    private bool Fits(long bytes) => _used == 0 || _used + bytes <= bytesMax;

    private void Serve()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _used += first.Value.Bytes;
            _waiting.RemoveFirst();
            first.Value.Turn.SetResult();
        }
    }
}
