using System.Collections.Immutable;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>What a rule says of the leaves of a JSON object. A path is names joined by dots.</summary>
public sealed record JsonShape
{
    /// <summary>Without anything said: every leaf is a field, the node gives the time.</summary>
    public static JsonShape Plain { get; } = new();

    /// <summary>Where the time is; null if the node gives it.</summary>
    public string? TimePath { get; init; }

    /// <summary>The unit of a time that is a number.</summary>
    public TimePrecision TimeUnit { get; init; } = TimePrecision.Auto;

    /// <summary>True if a point without its time is refused.</summary>
    public bool TimeIsRequired { get; init; }

    /// <summary>Paths that become tags, with the tags' names.</summary>
    public ImmutableDictionary<string, string> Tags { get; init; } =
        ImmutableDictionary<string, string>.Empty;

    /// <summary>Paths that become fields, with the fields' names; null takes every other leaf.</summary>
    public ImmutableDictionary<string, string>? Fields { get; init; }

    /// <summary>What joins the names of nested leaves to a field's name.</summary>
    public string Separator { get; init; } = "_";
}
