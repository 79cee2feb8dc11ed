using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Takes statements apart (DESIGN section 8). Each SELECT with aggregates over one table becomes partial
/// states, wherever in the statement it stands; everything else gathers rows. The engine is asked for types
/// and names only, over tables without rows.
/// </summary>
public sealed class Planner
{
    private readonly ISqlParser _parser;
    private readonly EngineProbe _probe;
    private readonly AggregatePlanner _aggregates;
    private readonly GatherPlanner _gather;
    private readonly SeriesFunctions _functions;
    private readonly TimeProvider _clock;

    /// <summary>Creates a planner for statements of this grammar and engine.</summary>
    public Planner(ISqlParser parser, ISqlEngine engine, TimeProvider clock)
    {
        (_parser, _clock) = (parser, clock);
        _probe = new EngineProbe(parser, engine);
        _aggregates = new AggregatePlanner(parser, _probe);
        _gather = new GatherPlanner(parser);
        _functions = new SeriesFunctions(parser);
    }

    /// <summary>Parses a statement; throws <see cref="Model.ErrorKind.Invalid"/> unless it is one
    /// SELECT.</summary>
    public Statement Parse(string sql) => Statement.Parse(_parser, sql);

    /// <summary>
    /// The plan for many nodes. <paramref name="tables"/> has every table that the statement names. Throws
    /// <see cref="Model.ErrorKind.Invalid"/> with the engine's message if the statement cannot be right.
    /// </summary>
    public async Task<DistributedPlan> PlanAsync(
        Statement statement, IReadOnlyDictionary<TableName, ResolvedTable> tables, CancellationToken ct)
    {
        BoundStatement bound = await BindAsync(statement, tables, ct);
        if (statement.Listings.Length > 0) return _gather.Plan(TimeOrder.Apply(bound));
        (BoundStatement rest, List<AggregatePlan> split) = await SplitAsync(bound, _ => true, ct);
        DistributedPlan gathered = _gather.Plan(await ExactAsync(bound, rest, ct));
        return new DistributedPlan(
            [.. split.Select(plan => plan.Fragment), .. gathered.Fragments],
            split.Aggregate(gathered.FinalSql, (sql, plan) => plan.Final(sql)),
            MovesRows: gathered.Fragments.Length > 0);
    }

    /// <summary>The plan for one node that has all rows; otherwise as <see cref="PlanAsync"/>.</summary>
    public async Task<LocalPlan> PlanLocalAsync(
        Statement statement, IReadOnlyDictionary<TableName, ResolvedTable> tables, CancellationToken ct)
    {
        // The engine can do all but the order of time and the filling of gaps by itself.
        BoundStatement bound = await BindAsync(statement, tables, ct);
        (BoundStatement rest, List<AggregatePlan> split) =
            await SplitAsync(bound, select => statement.Listings.IsEmpty && select.Walk().Any(
                node => TimeOrder.IsOrdered(node) || GapFilling.IsFilling(node)), ct);
        BoundStatement exact = statement.Listings.IsEmpty
            ? await ExactAsync(bound, rest, ct)
            : TimeOrder.Apply(rest);
        return new LocalPlan(
            split.Aggregate(_parser.Print(exact.Tree), (sql, plan) => plan.Local(sql)),
            [
                .. split.Select(plan => plan.Fragment).Select(fragment =>
                    new LocalScan(fragment.RelationName, fragment.Table, fragment.Scope)),
                .. TableUse.Find(exact).Select(use =>
                    new LocalScan(use.Table.RelationName, use.Table.Table, use.Scope)),
            ]);
    }

    private async Task<BoundStatement> BindAsync(
        Statement statement, IReadOnlyDictionary<TableName, ResolvedTable> tables, CancellationToken ct)
    {
        BoundStatement bound =
            _functions.Apply(BoundStatement.Bind(_parser, statement, tables, _clock.GetUtcNow()));

        // What is only explained runs nowhere, where it would be found to be wrong.
        if (statement.Explain == ExplainMode.Plan) await _probe.RequireValidAsync(bound, ct);
        return bound;
    }

    // Every SELECT of the statement that can be answered by partial states is replaced by one over its
    // groups.
    private async Task<(BoundStatement Remains, List<AggregatePlan> Split)> SplitAsync(
        BoundStatement bound, Func<JsonObject, bool> isWanted, CancellationToken ct)
    {
        List<AggregatePlan> plans = [];
        if (bound.Source.Sql.Contains("__ts_", StringComparison.OrdinalIgnoreCase)) return (bound, plans);
        JsonObject tree = (JsonObject)(await SplitNodeAsync(bound.Tree))!;
        return plans.Count == 0 ? (bound, plans) : (bound.With(tree), plans);

        async Task<JsonNode?> SplitNodeAsync(JsonNode? node)
        {
            if (node is JsonArray list)
            {
                JsonArray items = [];
                foreach (JsonNode? item in list) items.Add(await SplitNodeAsync(item));
                return items;
            }

            if (node is not JsonObject o) return node?.DeepClone();
            if (o.IsType("SELECT_NODE") && o.Object("from_table") is { } from
                && bound.Tables.FirstOrDefault(t => ReferenceEquals(t.Node, from)) is { } table && isWanted(o)
                && await _aggregates.TryPlanAsync(table, o, plans.Count, ct) is { } split)
            {
                plans.Add(split.Plan);
                return split.Outer;
            }

            JsonObject copy = [];
            foreach ((string name, JsonNode? value) in o) copy[name] = await SplitNodeAsync(value);
            return copy;
        }
    }

    // Rewriting changes what the engine would call a column without an alias.
    private async Task<BoundStatement> ExactAsync(
        BoundStatement bound, BoundStatement rest, CancellationToken ct)
    {
        GapFilling.RequireNone(rest.Tree);
        BoundStatement exact = TimeOrder.Apply(rest);
        if (ReferenceEquals(exact, bound) || !exact.Root.IsType("SELECT_NODE")) return exact;
        IReadOnlyList<JsonObject> items = exact.Root.Objects("select_list");
        if (items.All(item => item.Text("alias").Length > 0)) return exact;
        string[] names = await _probe.NamesAsync(bound.Root, bound.Tables, ct);
        if (names.Length != items.Count) return exact;
        for (int i = 0; i < names.Length; i++) items[i]["alias"] = names[i];
        return exact;
    }
}
