using System.Text.Json.Nodes;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>Expressions that have one value for a row of a table, the same on every node and at every
/// moment.</summary>
internal static class RowExpression
{
    private static readonly HashSet<string> Classes = new(StringComparer.Ordinal)
    {
        "COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "BETWEEN", "CAST", "FUNCTION",
            "CASE",
        "COLLATE",
    };

    /// <summary>True if the expression is over columns of this table alone and is safe to evaluate
    /// anywhere.</summary>
    public static bool IsOver(BoundTable table, JsonObject expression) =>
        IsOver(expression, names => table.ColumnOf(names) is not null);

    /// <summary>The same for a value that travels as it is: what is equal to it and what comes first must be
    /// told by the value alone, so it has no collation.</summary>
    public static bool CanTravel(BoundTable table, JsonObject expression) =>
        IsOver(table, expression) && !HasCollation(expression);

    /// <summary>True if a collation decides about the value or in it.</summary>
    public static bool HasCollation(JsonObject expression) =>
        expression.Walk().Any(node => node.IsClass("COLLATE"));

    /// <summary>As <see cref="IsOver(BoundTable, JsonObject)"/>, with <paramref name="isColumn"/> telling
    /// which references are the table's columns.</summary>
    public static bool IsOver(JsonObject expression, Func<string[], bool> isColumn)
    {
        foreach (JsonObject node in expression.Walk())
        {
            string kind = node.Text("class");
            if (kind.Length == 0) continue;
            if (!Classes.Contains(kind)) return false;
            if (kind == "COLUMN_REF" && !isColumn(node.ColumnNames())) return false;
            if (kind != "FUNCTION") continue;
            string function = node.Text("function_name");
            if (FunctionNames.IsOfManyRows(function) || FunctionNames.Volatile.Contains(function))
                return false;
        }

        return true;
    }
}
