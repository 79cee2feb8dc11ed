namespace TsDb.Model;

/// <summary>The types a field can have. The numbers are part of the formats.</summary>
public enum FieldType
{
    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 1,

    /// <summary>Signed 64-bit integer.</summary>
    Int64 = 2,

    /// <summary>Unsigned 64-bit integer.</summary>
    UInt64 = 3,

    /// <summary>True or false.</summary>
    Boolean = 4,

    /// <summary>UTF-8 text.</summary>
    String = 5,
}
