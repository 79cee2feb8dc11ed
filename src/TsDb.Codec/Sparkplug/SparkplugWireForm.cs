namespace TsDb.Codec.Sparkplug;

/// <summary>The forms that values have on the wire.</summary>
public enum SparkplugWireForm
{
    /// <summary>None, or one that is not read: a table, bytes, a file.</summary>
    Other,

    /// <summary>An integer.</summary>
    Integer,

    /// <summary>A float.</summary>
    Floating,

    /// <summary>A truth value.</summary>
    Boolean,

    /// <summary>A text.</summary>
    Text,
}
