namespace TsDb.Codec.Json;

/// <summary>One element of a sensor's JSON: a point, or why it is none.</summary>
/// <param name="Point">The point; null if the element is refused.</param>
/// <param name="Reason">Why it is refused; null if it is a point.</param>
public sealed record SensorPointOutcome(SensorPoint? Point, string? Reason);
