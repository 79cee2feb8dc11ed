namespace TsDb.Storage.Sensors;

/// <summary>How a rule reads payloads.</summary>
public enum PayloadKind
{
    /// <summary>As without rules: JSON points if it begins with '{' or '[', else line protocol.</summary>
    Auto,

    /// <summary>One number, truth value or text.</summary>
    Value,

    /// <summary>
    /// A JSON object or an array of them, every leaf a field unless the rule says otherwise.
    /// </summary>
    Json,

    /// <summary>JSON points that say themselves what is tag, field and time.</summary>
    Points,

    /// <summary>Line protocol.</summary>
    Lines,

    /// <summary>Sparkplug B.</summary>
    Sparkplug,
}
