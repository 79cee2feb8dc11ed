using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// A statement whose tables are resolved and have plain names (__ts_t0, __ts_t1, ...), and in which the
/// moment of the query is a
/// constant, so that every node means the same moment.
/// </summary>
internal sealed record BoundStatement(Statement Source, JsonObject Tree, ImmutableArray<BoundTable> Tables)
{
    /// <summary>The outermost query.</summary>
    public JsonObject Root => Tree.Objects("statements")[0].Object("node")!;

    /// <summary>The same with another tree, in which some of the tables are not used any more.</summary>
    public BoundStatement With(JsonObject tree)
    {
        Dictionary<string, BoundTable> byName = Tables.ToDictionary(table => table.RelationName);
        return this with
        {
            Tree = tree,
            Tables =
            [
                .. Statement.TableUses(tree).Where(use => byName.ContainsKey(use.Text("table_name")))
                    .Select(use => byName[use.Text("table_name")] with { Node = use }),
            ],
        };
    }

    public static BoundStatement Bind(
        ISqlParser parser,
        Statement statement,
        IReadOnlyDictionary<TableName, ResolvedTable> tables,
        DateTimeOffset now)
    {
        bool HasColumn(string name) => tables.Values.Any(table =>
            table.Columns.Any(column => column.SqlName.Equals(name, StringComparison.OrdinalIgnoreCase)));
        HashSet<string> qualified = new(StringComparer.OrdinalIgnoreCase);
        foreach (TableName name in tables.Keys)
        {
            if (name.Database is not null) qualified.Add($"{name.Database}\0{name.Table}");
        }

        foreach (JsonObject use in Statement.ListingUses(statement.Tree))
            qualified.Add($"{use.Text("schema_name")}\0{use.Text("table_name")}");

        JsonNode? Plain(JsonObject node)
        {
            if (Moment(node, HasColumn, now) is { } moment) return moment;
            string[] parts = node.ColumnNames();
            return parts.Length > 2 && qualified.Contains($"{parts[0]}\0{parts[1]}")
                ? SqlTree.Column(parts[1..])
                : null;
        }

        JsonObject plain = (JsonObject)MethodCalls.Apply(parser, statement.Tree).Rewrite(Plain)!;
        JsonObject tree = new Inlining(parser, tables).Apply(plain);
        ImmutableArray<BoundTable>.Builder bound = ImmutableArray.CreateBuilder<BoundTable>();
        foreach (JsonObject use in Statement.TableUses(tree))
        {
            TableName name = Statement.NameOf(use);
            string relation = string.Create(CultureInfo.InvariantCulture, $"__ts_t{bound.Count}");
            string alias = use.Text("alias") is { Length: > 0 } given ? given : name.Table;
            use["schema_name"] = "";
            use["catalog_name"] = "";
            use["table_name"] = relation;
            use["alias"] = alias;
            bound.Add(new BoundTable(relation, alias, tables[name], use));
        }

        foreach ((Listing listing, JsonObject use) in
            statement.Listings.Zip(Statement.ListingUses(tree)))
        {
            string alias = use.Text("alias") is { Length: > 0 } given ? given : use.Text("table_name");
            use["schema_name"] = "";
            use["catalog_name"] = "";
            use["table_name"] = listing.RelationName;
            use["alias"] = alias;
        }

        BoundStatement statementBound = new(statement, tree, bound.ToImmutable());
        ExactNames.Apply(statementBound);
        ZonedTimes.Apply(statementBound);
        return statementBound;
    }

    // In SQL `time` is a TIMESTAMP_NS in UTC, so the moment is one too: the two compare.
    private static JsonObject? Moment(JsonObject node, Func<string, bool> hasColumn, DateTimeOffset now)
    {
        string name;
        if (node.IsClass("FUNCTION") && node.Objects("children").Count == 0) name =
            node.Text("function_name");
        else if (node.ColumnNames() is [string word] && !hasColumn(word)) name = word;
        else return null;
        bool isDay = FunctionNames.Today.Contains(name);
        if (!isDay && !FunctionNames.Now.Contains(name)) return null;
        string text = now.UtcDateTime.ToString(
            isDay ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        JsonObject moment = SqlTree.Cast(SqlTree.Constant(text), isDay ? "DATE" : "TIMESTAMP_NS");
        moment["alias"] = node.Text("alias");
        return moment;
    }
}
