namespace TsDb.Query.Planning;

/// <summary>Which SQL types partial states travel as, by the engine's names of types.</summary>
internal static class WireTypes
{
    /// <summary>The exact form of 128-bit integers on the wire: Arrow has no integer that wide.</summary>
    public const string WideInteger = "DECIMAL(38,0)";

    private static readonly HashSet<string> Plain = new(StringComparer.Ordinal)
    {
        "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
        "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S",
        "TIMESTAMP WITH TIME ZONE", "TIME", "INTERVAL", "BLOB",
    };

    /// <summary>True if values of the type can travel.</summary>
    public static bool CanTravel(string type) => Plain.Contains(type) || IsDecimal(type) || type == "HUGEINT";

    /// <summary>The expression in the form it travels in.</summary>
    public static string ToWire(string type, string expression) =>
        type == "HUGEINT" ? $"CAST({expression} AS {WideInteger})" : expression;

    /// <summary>The travelled column as what it was.</summary>
    public static string FromWire(string type, string column) =>
        type == "HUGEINT" ? $"CAST({column} AS HUGEINT)" : column;

    /// <summary>True for integers and BOOLEAN, whose sum is a HUGEINT.</summary>
    public static bool IsInteger(string type) =>
        type is "BOOLEAN" or "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT"
        or "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "HUGEINT";

    /// <summary>True for FLOAT and DOUBLE.</summary>
    public static bool IsFloat(string type) => type is "FLOAT" or "DOUBLE";

    /// <summary>True for DECIMAL of any width.</summary>
    public static bool IsDecimal(string type) => type.StartsWith("DECIMAL(", StringComparison.Ordinal);

    /// <summary>True for types that convert to DOUBLE without doubt.</summary>
    public static bool IsNumber(string type) =>
        IsFloat(type) || IsDecimal(type) || (IsInteger(type) && type != "BOOLEAN");
}
