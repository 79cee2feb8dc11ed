using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Catalog;

/// <summary>SHOW TABLES, SHOW TABLES FROM, SHOW ALL TABLES and SHOW DATABASES as SELECTs from
/// information_schema.</summary>
internal static class ShowStatements
{
    private const string Tables = "SELECT table_name AS \"name\" FROM information_schema.tables ORDER BY 1";

    private const string Databases =
        "SELECT schema_name AS database_name FROM information_schema.schemata ORDER BY 1";

    private const string AllTables =
        """
        SELECT table_catalog AS "database", table_schema AS "schema", table_name AS "name",
          list(column_name ORDER BY ordinal_position) AS column_names,
          list(data_type ORDER BY ordinal_position) AS column_types, false AS "temporary"
        FROM information_schema.columns GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """;

    /// <summary>A copy of the tree without such SHOWs; the same tree if it has none.</summary>
    public static JsonObject Replace(JsonObject tree, ISqlParser parser) =>
        tree.Walk().Any(node => Meaning(node) is not null)
            ? (JsonObject)tree.Rewrite(node => Meaning(node) is { } sql ? Item(node, sql, parser) : null)!
            : tree;

    private static string? Meaning(JsonObject node)
    {
        if (!node.IsType("SHOW_REF") || node["query"] is JsonObject) return null;
        if (node.Text("show_type") == "SHOW_FROM") return Tables;
        return node.Text("table_name").Trim('"').ToUpperInvariant() switch
        {
            "TABLES" => Tables,
            "DATABASES" or "SCHEMAS" => Databases,
            "__SHOW_TABLES_EXPANDED" => AllTables,
            _ => null,
        };
    }

    private static JsonObject Item(JsonObject show, string sql, ISqlParser parser)
    {
        JsonObject query = parser.Parse(sql).Objects("statements")[0].Copy();
        string database = show.Text("schema_name");
        foreach (JsonObject table in query.Walk().Where(node => node.IsType("BASE_TABLE")))
            table["catalog_name"] = database;
        return new JsonObject
        {
            ["type"] = "SUBQUERY",
            ["alias"] = show.Text("alias"),
            ["sample"] = null,
            ["query_location"] = 0,
            ["subquery"] = query,
            ["column_name_alias"] = new JsonArray(),
        };
    }
}
