namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>
/// How long the parts of a reply are. Over a slow uplink a long part holds up all else, the connection's
/// pings too; over a quick one each part costs a round trip. So they begin short and follow what they take.
/// </summary>
/// <param name="bytesMax">No part is longer.</param>
internal sealed class ReplyPace(int bytesMax)
{
    private const int FirstBytes = 16 << 10;
    private const int LeastBytes = 4 << 10;
    private const int Growth = 4;
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    /// <summary>Most bytes of the next part.</summary>
    public int Bytes { get; private set; } = Math.Min(FirstBytes, bytesMax);

    /// <summary>Says how long a part took until the broker had it.</summary>
    public void Took(TimeSpan time)
    {
        if (time < Quick) Bytes = (int)Math.Min((long)Bytes * Growth, bytesMax);
        else if (time > Slow) Bytes = Math.Min(Math.Max(Bytes / 2, LeastBytes), bytesMax);
    }
}
