using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>Refusals in the words that the clients of each dialect know.</summary>
internal static class IngestWords
{
    public static string TypeConflict(
        IngestDialect dialect, string table, string field, FieldType given, FieldType known) =>
        dialect == IngestDialect.V3
            ? $"invalid column type for column '{field}', expected {V3Name(known)}, got {V3Name(given)}"
            : $"field type conflict: input field \"{field}\" on measurement \"{table}\" "
                + $"is type {Name(given)}, already exists as type {Name(known)}";

    public static string RoleConflict(IngestDialect dialect, string table, Column known)
    {
        bool isTag = known.Role == ColumnRole.Tag;
        if (dialect != IngestDialect.V3)
        {
            return $"column type conflict: \"{known.Name}\" on measurement \"{table}\" is a "
                + (isTag ? "field, already exists as tag" : "tag, already exists as field");
        }

        string expected = isTag ? "iox::column_type::tag" : V3Name(known.Type);
        return $"invalid column type for column '{known.Name}', expected {expected}, got "
            + (isTag ? "a field" : "iox::column_type::tag");
    }

    public static string DuplicateField(string field) => $"multiple instances of '{field}' field found";

    public static string ReservedTag(string tag) => $"cannot use reserved tag key \"{tag}\"";

    public static string ReservedField(string table, string field) =>
        $"invalid field name: input field \"{field}\" on measurement \"{table}\" is invalid";

    private static string Name(FieldType type) => type switch
    {
        FieldType.Float64 => "float",
        FieldType.Int64 => "integer",
        FieldType.UInt64 => "unsigned",
        FieldType.Boolean => "boolean",
        _ => "string",
    };

    private static string V3Name(FieldType type) => "iox::column_type::field::" + type switch
    {
        FieldType.Float64 => "float",
        FieldType.Int64 => "integer",
        FieldType.UInt64 => "uinteger",
        FieldType.Boolean => "boolean",
        _ => "string",
    };
}
