namespace TsDb.Replication.Shipping;

/// <summary>
/// A bandwidth limit as arithmetic: tokens are bytes, they come in at the rate and pile up to one second's
/// worth. A message may be sent while the balance is above zero and may take it below, so that a message
/// larger than the pile still goes and the average holds.
/// </summary>
public sealed class TokenBucket
{
    private readonly long? _bytesPerSecond;
    private double _balance;
    private DateTimeOffset _at;

    /// <summary>A full bucket; a null rate limits nothing.</summary>
    public TokenBucket(long? bytesPerSecond, DateTimeOffset now)
    {
        if (bytesPerSecond is { } rate) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        (_bytesPerSecond, _balance, _at) = (bytesPerSecond, bytesPerSecond ?? 0, now);
    }

    /// <summary>When the next message may go: now or before if it may go at once.</summary>
    public DateTimeOffset ReadyAt(DateTimeOffset now)
    {
        if (_bytesPerSecond is not { } rate) return now;
        Refill(now);
        return _balance > 0 ? now : now + TimeSpan.FromSeconds((1 - _balance) / rate);
    }

    /// <summary>Takes the bytes of a message that goes.</summary>
    public void Take(long bytes, DateTimeOffset now)
    {
        if (_bytesPerSecond is null) return;
        Refill(now);
        _balance -= bytes;
    }

    private void Refill(DateTimeOffset now)
    {
        // A clock that was set back adds nothing, and does not take away either.
        double seconds = Math.Max(0, (now - _at).TotalSeconds);
        _at = now;
        _balance = Math.Min(_balance + (seconds * _bytesPerSecond!.Value), _bytesPerSecond.Value);
    }
}
