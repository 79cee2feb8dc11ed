using TsDb.Codec.Json;

namespace TsDb.Codec.Sparkplug;

/// <summary>A metric of a Sparkplug payload.</summary>
public sealed record SparkplugMetric
{
    /// <summary>Its name; null if the alias stands for it.</summary>
    public string? Name { get; init; }

    /// <summary>A number that stands for the name in later messages.</summary>
    public ulong? Alias { get; init; }

    /// <summary>Milliseconds since the Unix epoch; null if the payload's counts.</summary>
    public ulong? TimestampMilliseconds { get; init; }

    /// <summary>Its type; unknown if the birth said it.</summary>
    public SparkplugDataType DataType { get; init; }

    /// <summary>True if it must not be kept.</summary>
    public bool IsTransient { get; init; }

    /// <summary>True if it has no value.</summary>
    public bool IsNull { get; init; }

    /// <summary>The metrics of a template; empty for any other metric.</summary>
    public IReadOnlyList<SparkplugMetric> Members { get; init; } = [];

    /// <summary>The value as it is on the wire.</summary>
    public SparkplugValue Value { get; init; }

    /// <summary>
    /// The value as a field, read as <paramref name="type"/>; null if it is not of a type that fields have.
    /// </summary>
    public SensorField? ToField(string name, SparkplugDataType type) => Value.ToField(name, type);
}
