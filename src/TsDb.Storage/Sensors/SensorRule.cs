using System.Collections.Immutable;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>One rule of how topics map to databases, tables, tags and fields.</summary>
public sealed record SensorRule
{
    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The topics it is for.</summary>
    public required TopicPattern Topic { get; init; }

    /// <summary>True if messages are acknowledged and dropped.</summary>
    public bool IsIgnored { get; init; }

    /// <summary>How payloads are read.</summary>
    public PayloadKind Payload { get; init; }

    /// <summary>Where points go.</summary>
    public TextTemplate Database { get; init; } = TextTemplate.Parse("default");

    /// <summary>Their table, unless line protocol names it.</summary>
    public TextTemplate Table { get; init; } = TextTemplate.Parse("");

    /// <summary>The field of a payload that is one value.</summary>
    public TextTemplate Field { get; init; } = TextTemplate.Parse("value");

    /// <summary>What such a payload is taken for.</summary>
    public ValueType Type { get; init; }

    /// <summary>Tags that every point gets.</summary>
    public ImmutableArray<(string Name, TextTemplate Value)> Tags { get; init; } = [];

    /// <summary>What the leaves of a JSON payload are.</summary>
    public JsonShape Json { get; init; } = JsonShape.Plain;

    /// <summary>The unit of times in line protocol and JSON points.</summary>
    public TimePrecision Precision { get; init; }
}
