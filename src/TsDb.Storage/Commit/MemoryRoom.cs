using TsDb.Model;

namespace TsDb.Storage.Commit;

/// <summary>
/// The bound on points in memory: a write takes room before it queues, a seal gives it back. Who finds none
/// waits in line, for a limited time and with a limited line; then he is told to come back later. What waits
/// lies in memory as well: it has a quarter of the bound for itself.
/// </summary>
internal sealed class MemoryRoom(EdgeStoreOptions options, TimeProvider clock)
{
    private readonly long _waitingBytesMax = options.MemoryBytesMax / 4;
    private readonly long _roomBytes = options.MemoryBytesMax - (options.MemoryBytesMax / 4);
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _line = [];
    private long _usedBytes;
    private long _waitingBytes;

    /// <summary>Bytes taken and waited for.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes) + Volatile.Read(ref _waitingBytes);

    /// <summary>True while a write waits: time to seal, whatever the other limits say.</summary>
    public bool IsShort => Volatile.Read(ref _waitingBytes) > 0;

    /// <summary>Called when the first writer begins to wait.</summary>
    public Action? OnShort { get; set; }

    /// <summary>Takes room, or throws <see cref="ErrorKind.Unavailable"/> after the wait.</summary>
    public async Task TakeAsync(long bytes, CancellationToken ct)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_line.Count == 0 && Fits(bytes))
            {
                _usedBytes += bytes;
                return;
            }

            bool isLong = _line.Count >= options.QueueRequestsMax
                || (_line.Count > 0 && _waitingBytes + bytes > _waitingBytesMax);
            if (isLong) throw Refusal();
            waiter = new Waiter(bytes);
            _line.AddLast(waiter);
            _waitingBytes += bytes;
        }

        OnShort?.Invoke();
        try
        {
            await waiter.Granted.Task.WaitAsync(options.RoomWait, clock, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            if (!Leave(waiter)) return;
            if (e is OperationCanceledException) throw;
            throw Refusal();
        }
    }

    /// <summary>
    /// Takes room for what cannot wait (a replayed log, the copies of a seal), whatever the bound says:
    /// writes wait for it instead.
    /// </summary>
    public void TakeAnyway(long bytes)
    {
        lock (_gate) _usedBytes += bytes;
    }

    /// <summary>Gives room back and lets those in, in order, who fit now.</summary>
    public void Give(long bytes)
    {
        List<Waiter> granted = [];
        lock (_gate)
        {
            _usedBytes -= bytes;
            while (_line.First is { } first && Fits(first.Value.Bytes))
            {
                _line.RemoveFirst();
                _usedBytes += first.Value.Bytes;
                _waitingBytes -= first.Value.Bytes;
                granted.Add(first.Value);
            }
        }

        foreach (Waiter waiter in granted) waiter.Granted.SetResult();
    }

    // A request larger than the whole bound passes when it is alone: it was admitted by the limit on bodies.
    private bool Fits(long bytes) => _usedBytes == 0 || _usedBytes + bytes <= _roomBytes;

    // False if room was granted in the same moment: then the write goes on.
    private bool Leave(Waiter waiter)
    {
        lock (_gate)
        {
            if (!_line.Remove(waiter)) return false;
            _waitingBytes -= waiter.Bytes;
            return true;
        }
    }

    private TsDbException Refusal() => new(
        ErrorKind.Unavailable,
        "the buffer of this edge is full: it takes writes again when a seal has made room")
    {
        RetryAfter = options.RetryAfter,
    };

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public TaskCompletionSource Granted { get; } = new(
            TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
