namespace TsDb.Codec.Json;

/// <summary>
/// A point's time: a number in the unit agreed on, or exact nanoseconds since the Unix epoch from a text.
/// </summary>
/// <param name="Value">The number.</param>
/// <param name="IsNanoseconds">True if it came from an RFC 3339 text, whatever the unit.</param>
public readonly record struct SensorTime(long Value, bool IsNanoseconds);
