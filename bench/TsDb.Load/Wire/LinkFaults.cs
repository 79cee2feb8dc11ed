namespace TsDb.Load.Wire;

/// <summary>What a <see cref="Forwarder"/> does to what passes.</summary>
/// <param name="DelayMax">Each piece is late by up to this; the order stays.</param>
/// <param name="LossShare">Share of the messages with an acknowledgement that get lost; of MQTT
/// only.</param>
/// <param name="DoubleShare">Share of them that come twice; of MQTT only.</param>
internal sealed record LinkFaults(TimeSpan DelayMax, double LossShare = 0, double DoubleShare = 0)
{
    /// <summary>Everything passes as it comes.</summary>
    public static LinkFaults None { get; } = new(TimeSpan.Zero);
}
