namespace TsDb.Storage.Sensors;

/// <summary>What becomes of messages that no rule is for.</summary>
public enum UnmatchedTopics
{
    /// <summary>They are read as without a rule file.</summary>
    BuiltIn,

    /// <summary>They are acknowledged and dropped.</summary>
    Ignore,

    /// <summary>They are refused with the reason.</summary>
    Refuse,
}
