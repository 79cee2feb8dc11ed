using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Isolation;

/// <summary>
/// Makes long conditions quick to prepare. The engine compares every pair of the terms of
/// <c>(a = 1 AND b = 2) OR (a = 3 AND b = 4) OR ...</c> to find what they have in common, which takes it
/// minutes for some thousands, in one go that nothing interrupts. In groups that it does not look across
/// there are few pairs.
/// </summary>
public static class LongConditions
{
    private const int TermsMax = 64;

    // Columns without a name are called by their text, so only what is no column is changed.
    private static readonly string[] Conditions = ["where_clause", "having", "qualify", "condition"];

    /// <summary>The same statement; the same object if no condition of it is long.</summary>
    public static JsonObject Apply(JsonObject tree) =>
        tree.Walk().Any(IsLong) ? (JsonObject)Rewritten(tree, isCondition: false)! : tree;

    private static bool IsLong(JsonObject node) => node.IsType("CONJUNCTION_OR")
        && node["children"] is JsonArray { Count: > TermsMax } terms
        && terms.Any(term => term.IsType("CONJUNCTION_AND"));

    private static JsonNode? Rewritten(JsonNode? node, bool isCondition)
    {
        if (node is JsonArray list)
            return new JsonArray([.. list.Select(item => Rewritten(item, isCondition))]);
        if (node is not JsonObject o) return node?.DeepClone();
        JsonObject copy = [];
        foreach ((string name, JsonNode? value) in o)
        {
            copy[name] = Rewritten(
                value, name != "select_list" && (isCondition || Conditions.Contains(name)));
        }

        return isCondition && IsLong(copy) ? Grouped(copy) : copy;
    }

    private static JsonObject Grouped(JsonObject or)
    {
        JsonNode[] terms = [.. or["children"]!.AsArray().Select(term => term!.DeepClone())];
        while (terms.Length > TermsMax)
            terms = [.. terms.Chunk(TermsMax).Select(group => (JsonNode)Whole(Or(group)))];
        return Or(terms);
    }

    private static JsonObject Or(JsonNode[] terms) => new()
    {
        ["class"] = "CONJUNCTION",
        ["type"] = "CONJUNCTION_OR",
        ["alias"] = "",
        ["children"] = new JsonArray(terms),
    };

    // coalesce(x, NULL) is x; the engine joins neither it nor its terms to those around it.
    private static JsonObject Whole(JsonObject expression) => new()
    {
        ["class"] = "OPERATOR",
        ["type"] = "OPERATOR_COALESCE",
        ["alias"] = "",
        ["children"] = new JsonArray(expression, SqlTree.Cast(SqlTree.Constant(null), "BOOLEAN")),
    };
}
