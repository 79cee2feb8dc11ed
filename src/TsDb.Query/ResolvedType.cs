namespace TsDb.Query;

/// <summary>The type of a column after types of all edges were brought together (DESIGN: data
/// model).</summary>
public enum ResolvedType
{
    /// <summary>VARCHAR: text, tags, and any other mixture.</summary>
    Text = 1,

    /// <summary>DOUBLE.</summary>
    Double = 2,

    /// <summary>BIGINT.</summary>
    BigInt = 3,

    /// <summary>UBIGINT.</summary>
    UBigInt = 4,

    /// <summary>HUGEINT: signed and unsigned integers mixed.</summary>
    HugeInt = 5,

    /// <summary>BOOLEAN.</summary>
    Boolean = 6,
}
