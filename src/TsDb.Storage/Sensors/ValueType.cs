namespace TsDb.Storage.Sensors;

/// <summary>What a payload of one value is taken for.</summary>
public enum ValueType
{
    /// <summary>A float if it is a number, a boolean if it is true or false, else a text.</summary>
    Auto,

    /// <summary>A finite number.</summary>
    Float,

    /// <summary>A whole number of 64 bits.</summary>
    Integer,

    /// <summary>A whole number of 64 bits from 0 on.</summary>
    Unsigned,

    /// <summary>true or false, 1 or 0, on or off.</summary>
    Boolean,

    /// <summary>The payload as it is.</summary>
    Text,
}
