using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// value.function(more) is function(value, more). The parser leaves the column in the place of the function's
/// schema, where nothing else looks for columns.
/// </summary>
internal static class MethodCalls
{
    private static readonly HashSet<string> Schemas =
        new(StringComparer.OrdinalIgnoreCase) { "", "main", "pg_catalog", "system" };

    /// <summary>The tree with plain calls instead; the same object if it has none.</summary>
    public static JsonObject Apply(ISqlParser parser, JsonObject tree)
    {
        if (!tree.Walk().Any(IsMethod)) return tree;
        JsonObject copy = tree.Copy();

        // A column without a name is called by what was written.
        foreach (JsonObject item in copy.Walk().SelectMany(node => node.Objects("select_list")).ToArray())
        {
            if (item.Text("alias").Length == 0 && item.Walk().Any(IsMethod))
                item["alias"] = parser.NameOf(item);
        }

        foreach (JsonObject call in copy.Walk().Where(IsMethod).ToArray())
        {
            string[] names = [call.Text("catalog"), call.Text("schema")];
            call["children"]!.AsArray().Insert(0, SqlTree.Column([.. names.Where(name => name.Length > 0)]));
            if (call.Text("function_name") == "count_star") call["function_name"] = "count";
            call["catalog"] = "";
            call["schema"] = "";
        }

        // Read again, as the parser knows calls that mean another function by how many arguments they have.
        return parser.Parse(parser.Print(copy));
    }

    private static bool IsMethod(JsonObject node) => (node.IsClass("FUNCTION") || node.IsClass("WINDOW"))
        && node["children"] is JsonArray && !Schemas.Contains(node.Text("schema"));
}
