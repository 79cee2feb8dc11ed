namespace TsDb.Codec.Sparkplug;

/// <summary>The data types of metrics that are read; the numbers are the specification's.</summary>
public enum SparkplugDataType
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>Signed, 8 bits.</summary>
    Int8 = 1,

    /// <summary>Signed, 16 bits.</summary>
    Int16 = 2,

    /// <summary>Signed, 32 bits.</summary>
    Int32 = 3,

    /// <summary>Signed, 64 bits.</summary>
    Int64 = 4,

    /// <summary>Unsigned, 8 bits.</summary>
    UInt8 = 5,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16 = 6,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32 = 7,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64 = 8,

    /// <summary>A float of 32 bits.</summary>
    Float = 9,

    /// <summary>A float of 64 bits.</summary>
    Double = 10,

    /// <summary>A truth value.</summary>
    Boolean = 11,

    /// <summary>A text.</summary>
    String = 12,

    /// <summary>Milliseconds since the Unix epoch.</summary>
    DateTime = 13,

    /// <summary>A text.</summary>
    Text = 14,

    /// <summary>A text.</summary>
    Uuid = 15,

    /// <summary>A table: not stored.</summary>
    DataSet = 16,

    /// <summary>Bytes: not stored.</summary>
    Bytes = 17,

    /// <summary>A file: not stored.</summary>
    File = 18,

    /// <summary>A group of metrics.</summary>
    Template = 19,
}
