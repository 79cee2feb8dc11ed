namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>How a message ended, and why.</summary>
internal sealed record SensorAnswer(SensorOutcome Outcome, string Reason = "")
{
    public static SensorAnswer Done { get; } = new(SensorOutcome.Done);
}
