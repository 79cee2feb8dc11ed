using TsDb.Replication.Shipping;

namespace TsDb.Adapters.Mqtt.Uplink;

/// <summary>
/// Notices that a broker answers but no cloud node does: its node may be cut off from the others. Then
/// another broker is worth a try, ever more rarely while that does not help either.
/// </summary>
internal sealed class MuteWatch(UplinkOptions options)
{
    private const int DoublingsMax = 5;
    private DateTimeOffset? _upAt;
    private int _doublings;

    /// <summary>When to ask again; null while there is nothing to notice.</summary>
    public DateTimeOffset? WakeAt { get; private set; }

    public void LinkUp(DateTimeOffset now) => _upAt = now;

    public void LinkDown() => (_upAt, WakeAt) = (null, null);

    /// <summary>True once when the cloud has been mute for too long and there is another broker.</summary>
    public bool IsMute(ShipStatus status, DateTimeOffset now)
    {
        WakeAt = null;
        if (_upAt is not { } up || options.Brokers.Length < 2) return false;
        if (status.IsPaused || status.State == ShipStatus.OutsideHours) return false;
        if (status.HeardAt > up) _doublings = 0;
        bool isWaiting = status.State != "shipping" || status.OpenLeaves > status.Quarantined;
        if (!isWaiting) return false;
        DateTimeOffset since = status.HeardAt > up ? status.HeardAt.Value : up;
        DateTimeOffset limit = since + (options.MuteMax * (1 << _doublings));
        if (limit > now)
        {
            WakeAt = limit;
            return false;
        }

        _doublings = Math.Min(_doublings + 1, DoublingsMax);
        _upAt = null;
        return true;
    }
}
