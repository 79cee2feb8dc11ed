using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>What the rules say of the messages of one topic, everything filled in.</summary>
public sealed record MessageTarget
{
    /// <summary>The rule that applies, in words.</summary>
    public required string Rule { get; init; }

    /// <summary>True if messages are acknowledged and dropped.</summary>
    public bool IsIgnored { get; init; }

    /// <summary>True if the topic is no business of ours on a broker that is shared with others.</summary>
    public bool IsForeign { get; init; }

    /// <summary>Why messages of the topic are refused; null if they are not.</summary>
    public string? Refusal { get; init; }

    /// <summary>How payloads are read.</summary>
    public PayloadKind Payload { get; init; }

    /// <summary>Database and unit for line protocol.</summary>
    public IngestRules? Lines { get; init; }

    /// <summary>Database and unit for points that were read.</summary>
    public IngestRules? Points { get; init; }

    /// <summary>Table and tags of points.</summary>
    public SensorJsonRules Json { get; init; } = new("", []);

    /// <summary>The field of a payload that is one value.</summary>
    public string Field { get; init; } = "value";

    /// <summary>What such a payload is taken for.</summary>
    public ValueType Type { get; init; }

    /// <summary>What the leaves of a JSON payload are.</summary>
    public JsonShape Shape { get; init; } = JsonShape.Plain;

    /// <summary>The two ways to read times of a database.</summary>
    internal static (IngestRules Lines, IngestRules Points) RulesOf(
        string database, TimePrecision lines, TimePrecision points) =>
        (new IngestRules { Database = database, Dialect = IngestDialect.Sensor, Precision = lines },
            new IngestRules { Database = database, Dialect = IngestDialect.Sensor, Precision = points });
}
