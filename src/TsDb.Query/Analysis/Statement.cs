using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Model;
using TsDb.Query.Catalog;
using TsDb.Query.Ports;

namespace TsDb.Query.Analysis;

/// <summary>One parsed SELECT and the tables it names. Immutable.</summary>
public sealed class Statement
{
    // What the engine itself answers; never a table of ours.
    private static readonly string[] SystemSchemas = ["information_schema", "pg_catalog"];

    private Statement(
        string sql,
        JsonObject tree,
        ImmutableArray<TableName> tables,
        ImmutableArray<Listing> listings,
        ExplainMode explain) =>
        (Sql, Tree, Tables, Listings, Explain) = (sql, tree, tables, listings, explain);

    /// <summary>The text as it was given.</summary>
    public string Sql { get; }

    /// <summary>Every table named, as written, each spelling once; names of CTEs are not tables.</summary>
    public ImmutableArray<TableName> Tables { get; }

    /// <summary>The lists of <c>information_schema</c> that it reads, one for each use.</summary>
    public ImmutableArray<Listing> Listings { get; }

    /// <summary>Whether the statement itself is asked for or what it would do.</summary>
    public ExplainMode Explain { get; }

    internal JsonObject Tree { get; }

    /// <summary>Parses a statement; throws <see cref="ErrorKind.Invalid"/> unless it is exactly one
    /// SELECT.</summary>
    public static Statement Parse(ISqlParser parser, string sql)
    {
        (string select, ExplainMode explain) = ExplainPrefix.Take(sql);
        JsonObject tree = ShowStatements.Replace(parser.Parse(select), parser);
        int count = tree.Objects("statements").Count;
        if (count != 1)
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                count == 0 ? "the query is empty" : "one statement at a time: send each SELECT by itself");
        }

        tree = LatestBy.Apply(tree);
        ImmutableArray<TableName> tables = [.. TableUses(tree).Select(NameOf).Distinct()];
        ImmutableArray<Listing> listings = [.. ListingUses(tree).Select(Listing)];
        return new Statement(sql, tree, tables, listings, explain);
    }

    /// <summary>The table a FROM item names.</summary>
    internal static TableName NameOf(JsonObject baseTable)
    {
        string catalog = baseTable.Text("catalog_name");
        string schema = baseTable.Text("schema_name");
        string? database = catalog.Length == 0 ? schema : $"{catalog}.{schema}";
        return new TableName(database.Length == 0 ? null : database, baseTable.Text("table_name"));
    }

    /// <summary>The FROM items of the tree that are tables, in the order they are written; the objects
    /// themselves.</summary>
    internal static List<JsonObject> TableUses(JsonNode tree)
    {
        List<JsonObject> found = [];
        Collect(tree, ImmutableHashSet.Create<string>(StringComparer.OrdinalIgnoreCase), found);
        return found;
    }

    /// <summary>The FROM items of the tree that are lists, in the order they are written; the objects
    /// themselves.</summary>
    internal static List<JsonObject> ListingUses(JsonNode tree) =>
    [
        .. tree.Walk().Where(node => node.IsType("BASE_TABLE")
            && node.Text("schema_name").Equals(SystemSchemas[0], StringComparison.OrdinalIgnoreCase)),
    ];

    private static Listing Listing(JsonObject use, int number)
    {
        string name = use.Text("table_name");
        ListingKind kind = name.ToUpperInvariant() switch
        {
            "TABLES" => ListingKind.Tables,
            "COLUMNS" => ListingKind.Columns,
            "SCHEMATA" => ListingKind.Schemata,
            _ => throw new TsDbException(
                ErrorKind.NotFound, $"{SystemSchemas[0]} has tables, columns and schemata, but no {name}"),
        };
        string database = use.Text("catalog_name");
        return new Listing(kind, database.Length == 0 ? null : database, $"__ts_list{number}");
    }

    private static void Collect(JsonNode? node, ImmutableHashSet<string> ctes, List<JsonObject> found)
    {
        if (node is JsonArray list)
        {
            foreach (JsonNode? item in list) Collect(item, ctes, found);
            return;
        }

        if (node is not JsonObject o) return;
        if (o.IsType("BASE_TABLE"))
        {
            TableName name = NameOf(o);
            bool isCte = name.Database is null && ctes.Contains(name.Table);
            bool isSystem = SystemSchemas.Contains(
                o.Text("schema_name"), StringComparer.OrdinalIgnoreCase);
            if (!isCte && !isSystem) found.Add(o);
            return;
        }

        // A recursive CTE sees itself; any other sees the CTEs written before it.
        if (o.IsType("RECURSIVE_CTE_NODE")) ctes = ctes.Add(o.Text("cte_name"));
        foreach (JsonObject cte in o.Object("cte_map").Objects("map"))
        {
            Collect(cte["value"], ctes, found);
            ctes = ctes.Add(cte.Text("key"));
        }

        foreach ((string property, JsonNode? value) in o)
        {
            if (property != "cte_map") Collect(value, ctes, found);
        }
    }
}
