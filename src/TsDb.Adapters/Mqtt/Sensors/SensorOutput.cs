using System.Buffers;
using System.IO.Pipelines;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// What is sent on one connection, by whichever thread has something to say. While a client does not read
/// what is sent, the rest gathers here, and <see cref="Flushed"/> says to wait before it is read again.
/// </summary>
internal sealed class SensorOutput(PipeWriter to)
{
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte>? _waiting;
    private bool _isFlushing;
    private bool _isDirty;
    private bool _isClosed;

    /// <summary>Ends when nothing waits to be sent any more.</summary>
    public Task Flushed { get; private set; } = Task.CompletedTask;

    /// <summary>Bytes that wait because the client does not read.</summary>
    public int WaitingBytes => _waiting?.WrittenCount ?? 0;

    /// <summary>Writes; <see cref="Flush"/> sends.</summary>
    public void Write<T>(T what, Action<IBufferWriter<byte>, T> write)
    {
        lock (_gate)
        {
            if (_isClosed) return;
            write(_isFlushing ? _waiting ??= new ArrayBufferWriter<byte>() : to, what);
            _isDirty = true;
        }
    }

    /// <summary>Sends what was written.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isClosed || _isFlushing || !_isDirty) return;
            _isDirty = false;
            if (_waiting is { WrittenCount: > 0 })
            {
                to.Write(_waiting.WrittenSpan);
                _waiting = null;
            }

            ValueTask<FlushResult> flush = to.FlushAsync();
            if (flush.IsCompletedSuccessfully)
            {
                _isClosed |= flush.Result.IsCompleted;
                return;
            }

            _isFlushing = true;
            Flushed = FinishAsync(flush.AsTask());
        }
    }

    /// <summary>Nothing is written from now on.</summary>
    public void Close()
    {
        lock (_gate) _isClosed = true;
    }

    private async Task FinishAsync(Task<FlushResult> flush)
    {
        await Task.Yield();
        bool isGone;
        try
        {
            isGone = (await flush.ConfigureAwait(false)).IsCompleted;
        }
        catch (Exception error) when (error is IOException or InvalidOperationException
            or OperationCanceledException)
        {
            // The connection is gone; its reading side tells why.
            isGone = true;
        }

        lock (_gate)
        {
            _isFlushing = false;
            _isClosed |= isGone;
        }

        Flush();
    }
}
