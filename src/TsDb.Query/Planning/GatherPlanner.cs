using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// The plan for what cannot be split: the rows of each table travel, without the columns and rows that the
/// statement
/// certainly does not need, and the statement itself runs on them.
/// </summary>
internal sealed class GatherPlanner(ISqlParser parser)
{
    private const string RowsSuffix = "_rows";

    /// <summary>The plan; every SELECT has one.</summary>
    public DistributedPlan Plan(BoundStatement bound)
    {
        IReadOnlyList<TableUse> uses = TableUse.Find(bound);
        ImmutableArray<PlannedFragment> fragments = [.. uses.Select(use => Fragment(bound, use))];
        string[] wide = [.. uses.Where(HasWide).Select(AsRead)];
        JsonObject tree = wide.Length == 0 ? bound.Tree : WithFirst(wide, bound.Tree);
        return new DistributedPlan(fragments, parser.Print(tree), MovesRows: true);
    }

    private static IEnumerable<string> ColumnsOf(TableUse use)
    {
        IEnumerable<string> all = use.Table.Table.Columns.Select(column => column.SqlName)
            .Prepend(TypeResolver.EdgeName).Prepend(TypeResolver.TimeName);
        return use.Columns is null ? all
            : use.Columns.Count == 0 ? [TypeResolver.TimeName]
            : all.Where(use.Columns.Contains);
    }

    // 128-bit integers travel as decimals.
    private static bool HasWide(TableUse use) => ColumnsOf(use).Any(name => IsWide(use, name));

    private static bool IsWide(TableUse use, string name) => use.Table.Table.Columns.Any(column =>
        column.SqlName == name && column.Type == ResolvedType.HugeInt);

    private static string AsRead(TableUse use)
    {
        IEnumerable<string> columns = ColumnsOf(use).Select(name =>
            IsWide(use, name) ? $"{WireTypes.FromWire("HUGEINT", Quoted(name))} AS {Quoted(name)}"
                : Quoted(name));
        string relation = use.Table.RelationName;
        return $"{relation} AS (SELECT {string.Join(", ", columns)} FROM {relation}{RowsSuffix})";
    }

    private static string Quoted(string name) =>
        $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private JsonObject WithFirst(string[] relations, JsonObject tree)
    {
        JsonObject with = parser.Parse($"WITH {string.Join(", ", relations)} SELECT 1");
        IReadOnlyList<JsonObject> first =
            with.Objects("statements")[0].Object("node").Object("cte_map").Objects("map");
        JsonObject copy = tree.Copy();
        JsonObject map = copy.Objects("statements")[0].Object("node").Object("cte_map")!;
        map["map"] = new JsonArray(
            [.. first.Concat(map.Objects("map")).Select(entry => (JsonNode?)entry.Copy())]);
        return copy;
    }

    private PlannedFragment Fragment(BoundStatement bound, TableUse use)
    {
        BoundTable table = use.Table;
        IEnumerable<JsonObject> items = ColumnsOf(use).Select(name => IsWide(use, name)
            ? Wide(name)
            : SqlTree.Column(name));
        JsonObject? where = use.Conditions.Count == 0 ? null : SqlTree.And(use.Conditions);
        if (use.Conditions.Count == 1) where = use.Conditions[0];
        JsonObject select = SqlTree.Select(items, SqlTree.BaseTable(table.RelationName, table.Alias), where);
        select["qualify"] = RowsFirst.Qualify(bound, use);
        select["modifiers"] = new JsonArray(
            [.. RowsFirst.Modifiers(bound, use).Select(modifier => (JsonNode?)modifier)]);
        return new PlannedFragment
        {
            ResultName = HasWide(use) ? table.RelationName + RowsSuffix : table.RelationName,
            RelationName = table.RelationName,
            Table = table.Table,
            Scope = use.Scope,
            Sql = parser.Print(SqlTree.Statement(select)),
        };
    }

    private static JsonObject Wide(string name)
    {
        JsonObject cast = SqlTree.Cast(SqlTree.Column(name), "DECIMAL");
        cast["cast_type"]!["type_info"] = new JsonObject
        {
            ["type"] = "DECIMAL_TYPE_INFO",
            ["alias"] = "",
            ["extension_info"] = null,
            ["width"] = 38,
            ["scale"] = 0,
        };
        return cast.As(name);
    }
}
