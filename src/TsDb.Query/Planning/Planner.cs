using System.Text.Json.Nodes;
using TsDb.Query.Analysis;
using TsDb.Query.Ports;

namespace TsDb.Query.Planning;

/// <summary>
/// Takes statements apart (DESIGN section 8). Aggregates over one table become partial states; everything
/// else gathers
/// rows. The engine is asked for types and names only, over tables without rows.
/// </summary>
public sealed class Planner
{
    private readonly ISqlParser _parser;
    private readonly EngineProbe _probe;
    private readonly AggregatePlanner _aggregates;
    private readonly GatherPlanner _gather;
    private readonly TimeProvider _clock;

    /// <summary>Creates a planner for statements of this grammar and engine.</summary>
    public Planner(ISqlParser parser, ISqlEngine engine, TimeProvider clock)
    {
        (_parser, _clock) = (parser, clock);
        _probe = new EngineProbe(parser, engine);
        _aggregates = new AggregatePlanner(parser, _probe);
        _gather = new GatherPlanner(parser);
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
        BoundStatement bound = BoundStatement.Bind(statement, tables, _clock.GetUtcNow());
        if (statement.Listings.Length > 0) return _gather.Plan(TimeOrder.Apply(bound));
        AggregatePlan? aggregate = await _aggregates.TryPlanAsync(bound, ct);
        return aggregate is null
            ? _gather.Plan(await ExactAsync(bound, ct))
            : new DistributedPlan([aggregate.Fragment], aggregate.FinalSql, MovesRows: false);
    }

    /// <summary>The plan for one node that has all rows; otherwise as <see cref="PlanAsync"/>.</summary>
    public async Task<LocalPlan> PlanLocalAsync(
        Statement statement, IReadOnlyDictionary<TableName, ResolvedTable> tables, CancellationToken ct)
    {
        BoundStatement bound = BoundStatement.Bind(statement, tables, _clock.GetUtcNow());
        BoundStatement exact = TimeOrder.Apply(bound);
        bool hasLists = statement.Listings.Length > 0;
        if (!hasLists && !ReferenceEquals(exact, bound)
            && await _aggregates.TryPlanAsync(bound, ct) is { } aggregate)
        {
            PlannedFragment fragment = aggregate.Fragment;
            return new LocalPlan(
                aggregate.LocalSql, [new LocalScan(fragment.RelationName, fragment.Table, fragment.Scope)]);
        }

        if (!hasLists) exact = await ExactAsync(bound, ct);
        return new LocalPlan(
            _parser.Print(exact.Tree),
            [.. TableUse.Find(exact).Select(use =>
                new LocalScan(use.Table.RelationName, use.Table.Table, use.Scope))]);
    }

    // Rewriting changes what the engine would call a column without an alias.
    private async Task<BoundStatement> ExactAsync(BoundStatement bound, CancellationToken ct)
    {
        BoundStatement exact = TimeOrder.Apply(bound);
        if (ReferenceEquals(exact, bound) || !exact.Root.IsType("SELECT_NODE")) return exact;
        IReadOnlyList<JsonObject> items = exact.Root.Objects("select_list");
        string[] names = await _probe.NamesAsync(bound, ct);
        if (names.Length != items.Count) return exact;
        for (int i = 0; i < names.Length; i++) items[i]["alias"] = names[i];
        return exact;
    }
}
