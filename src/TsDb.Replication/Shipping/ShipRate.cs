namespace TsDb.Replication.Shipping;

/// <summary>
/// Bytes a second that became durable, as an average in which older seconds fade (time constant half a
/// minute).
/// </summary>
public sealed class ShipRate
{
    private const double FadeSeconds = 30;

    private double _rate;
    private DateTimeOffset? _at;

    /// <summary>Bytes became durable.</summary>
    public void Add(long bytes, DateTimeOffset now)
    {
        _rate = At(now) + (bytes / FadeSeconds);
        _at = now;
    }

    /// <summary>Bytes a second, seen from now.</summary>
    public double At(DateTimeOffset now) => _at is not { } at
        ? 0
        : _rate * Math.Exp(-Math.Max(0, (now - at).TotalSeconds) / FadeSeconds);
}
