using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Analysis;

namespace TsDb.Query.Planning;

/// <summary>
/// Names match exactly first, then without case; the engine knows only the latter. So a reference that is
/// spelled exactly as a client wrote a column gets the column's name in SQL. A suffixed name is also
/// understood where no suffix is needed, so that a statement means the same at every node.
/// </summary>
internal static class ExactNames
{
    private static readonly string[] AfterSelection = ["modifiers", "having", "qualify"];

    /// <summary>Rewrites the tree in place; the tables' nodes stay the same objects.</summary>
    public static void Apply(BoundStatement bound)
    {
        if (bound.Tables.Length == 0) return;
        Visit(bound.Tree, [], bound);
    }

    /// <summary>The name in SQL that a reference to a column of the table should have; null for the one it
    /// has.</summary>
    internal static string? Rename(BoundTable table, string name)
    {
        if (name is TypeResolver.TimeName or TypeResolver.EdgeName) return null;
        foreach (ResolvedColumn column in table.Table.Columns)
        {
            if (column.Name == name) return column.SqlName == name ? null : column.SqlName;
        }

        return table.FindColumn(name) is not null ? null
            : table.Table.Columns.FirstOrDefault(column =>
                SqlNames.Suffixed(column.Name).Equals(name, StringComparison.OrdinalIgnoreCase))?.SqlName;
    }

    private static void Visit(JsonNode? node, ImmutableArray<Scope> scopes, BoundStatement bound)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list) Visit(item, scopes, bound);
        }
        else if (node is JsonObject o)
        {
            if (o.IsType("SELECT_NODE"))
            {
                VisitSelect(o, scopes, bound);
                return;
            }

            if (o.IsClass("COLUMN_REF")) RenameReference(o, scopes, isAfterSelection: false);
            else if (o.IsClass("STAR")) RenameStar(o, scopes);
            else if (o.IsType("JOIN")) RenameUsing(o, scopes);
            foreach ((_, JsonNode? child) in o) Visit(child, scopes, bound);
        }
    }

    private static void VisitSelect(JsonObject select, ImmutableArray<Scope> outer, BoundStatement bound)
    {
        Scope own = new(
            FromItem.Read(select.Object("from_table"), bound),
            [.. select.Objects("select_list").Select(item => item.Text("alias"))
                .Where(alias => alias.Length > 0)]);
        ImmutableArray<Scope> scopes = outer.Add(own);
        foreach (JsonObject item in select.Objects("select_list"))
        {
            string[] written = item.ColumnNames();
            Visit(item, scopes, bound);
            bool isRenamed = written.Length > 0 && item.ColumnNames()[^1] != written[^1];
            if (isRenamed && item.Text("alias").Length == 0) item["alias"] = written[^1];
        }

        foreach ((string property, JsonNode? value) in select.ToArray())
        {
            if (property == "select_list") continue;
            if (property == "cte_map") Visit(value, outer, bound);
            else if (AfterSelection.Contains(property)) VisitAfterSelection(value, scopes, bound);
            else Visit(value, scopes, bound);
        }
    }

    // ORDER BY, HAVING and QUALIFY see what was selected before they see the table.
    private static void VisitAfterSelection(
        JsonNode? node, ImmutableArray<Scope> scopes, BoundStatement bound)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list) VisitAfterSelection(item, scopes, bound);
        }
        else if (node.IsType("SELECT_NODE"))
        {
            Visit(node, scopes, bound);
        }
        else if (node is JsonObject o)
        {
            if (o.IsClass("COLUMN_REF")) RenameReference(o, scopes, isAfterSelection: true);
            foreach ((_, JsonNode? child) in o) VisitAfterSelection(child, scopes, bound);
        }
    }

    private static void RenameReference(
        JsonObject reference, ImmutableArray<Scope> scopes, bool isAfterSelection)
    {
        string[] parts = reference.ColumnNames();
        if (parts.Length is 0 or > 2) return;
        string name = parts[^1];
        if (isAfterSelection && parts.Length == 1 && scopes[^1].HasAlias(name)) return;
        string? renamed = parts.Length == 1 ? Find(name, scopes) : Find(parts[0], name, scopes);
        if (renamed is null) return;
        parts[^1] = renamed;
        reference["column_names"] = new JsonArray([.. parts.Select(part => (JsonNode?)part)]);
    }

    // A name is the innermost scope's that has it; of what a subquery has, only the engine knows.
    private static string? Find(string name, ImmutableArray<Scope> scopes)
    {
        for (int i = scopes.Length - 1; i >= 0; i--)
        {
            foreach (BoundTable table in scopes[i].Tables)
            {
                if (Rename(table, name) is { } renamed) return renamed;
            }

            if (scopes[i].HasUnknown || scopes[i].Tables.Any(table => table.FindColumn(name) is not null))
                return null;
        }

        return null;
    }

    private static string? Find(string alias, string name, ImmutableArray<Scope> scopes)
    {
        for (int i = scopes.Length - 1; i >= 0; i--)
        {
            if (scopes[i].Tables.FirstOrDefault(table => IsSame(table.Alias, alias)) is { } table)
                return Rename(table, name);
            if (scopes[i].HasUnknownNamed(alias)) return null;
        }

        return null;
    }

    private static void RenameStar(JsonObject star, ImmutableArray<Scope> scopes)
    {
        string relation = star.Text("relation_name");
        string? New(string name) =>
            relation.Length == 0 ? Find(name, scopes) : Find(relation, name, scopes);
        if (star["exclude_list"] is JsonArray excluded)
        {
            for (int i = 0; i < excluded.Count; i++)
            {
                if (excluded[i] is JsonValue value && value.TryGetValue(out string? name)
                    && New(name) is { } renamed) excluded[i] = renamed;
            }
        }

        foreach (JsonObject entry in star.Objects("replace_list"))
        {
            if (New(entry.Text("key")) is { } renamed) entry["key"] = renamed;
        }
    }

    private static void RenameUsing(JsonObject join, ImmutableArray<Scope> scopes)
    {
        if (join["using_columns"] is not JsonArray columns || scopes.Length == 0) return;
        for (int i = 0; i < columns.Count; i++)
        {
            if (columns[i] is not JsonValue value || !value.TryGetValue(out string? name)) continue;
            string[] meant =
            [
                .. scopes[^1].Tables.Select(table => Rename(table, name) ?? table.FindColumn(name))
                    .OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase),
            ];
            if (meant.Length > 1)
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    $"column '{name}' has other names beside it that differ only by case: join with ON");
            }

            if (meant.Length == 1) columns[i] = meant[0];
        }
    }

    private static bool IsSame(string one, string other) =>
        one.Equals(other, StringComparison.OrdinalIgnoreCase);

    // The FROM of one SELECT and what it selects under a name.
    private sealed class Scope(List<FromItem> items, string[] aliases)
    {
        public IEnumerable<BoundTable> Tables =>
            items.Where(item => !IsRenamed(item)).Select(item => item.Table).OfType<BoundTable>();

        public bool HasUnknown => items.Any(item =>
            (item.Table is null && !item.Node.IsType("EMPTY")) || IsRenamed(item));

        public bool HasAlias(string name) => aliases.Any(alias => IsSame(alias, name));

        public bool HasUnknownNamed(string alias) => items.Any(item =>
            (item.Table is null || IsRenamed(item)) && item.HasName(alias));

        private static bool IsRenamed(FromItem item) =>
            item.Node["column_name_alias"] is JsonArray { Count: > 0 };
    }
}
