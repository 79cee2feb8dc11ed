using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Direct;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// Answers a statement from the whole cluster (DESIGN section 8): one round to the owners' catalogs, one of
/// fragments
/// to the nodes that serve, then the rest of the query here. The answer is exact, or an error that names what
/// could not
/// be asked, or, where that is allowed, an answer that names it.
/// </summary>
public sealed class Coordinator(
    Planner planner,
    QueryEngines engines,
    IClusterWatch cluster,
    ICatalogClient catalogs,
    IFragmentClient fragments,
    TimeProvider clock)
{
    private const int TriesMax = 3;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(2);

    private readonly CatalogCache _cache = new();

    /// <summary>
    /// The answer; whoever gets it disposes its result. Throws <see cref="ErrorKind.Unavailable"/> before the
    /// cluster
    /// is founded and where owners are missing, <see cref="ErrorKind.NotFound"/> for unknown tables,
    /// <see cref="ErrorKind.Deadline"/> when the time is over.
    /// </summary>
    public async Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct)
    {
        if (cluster.Current is null)
        {
            throw new TsDbException(
                ErrorKind.Unavailable, "the cluster is not founded yet: a majority of its seeds must be up")
            {
                RetryAfter = TryAgainAfter,
            };
        }

        DirectStatement? small = DirectStatement.TryParse(request.Sql);
        Statement? statement = small is null ? planner.Parse(request.Sql) : null;
        using CancellationTokenSource deadline = new(request.Limits.DurationMax, clock);
        using CancellationTokenSource both =
            CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            for (int tries = 1; ; tries++)
            {
                try
                {
                    return await TryAsync(request, small, statement, both.Token);
                }
                catch (TsDbException e) when (e.Kind == ErrorKind.Conflict && tries < TriesMax)
                {
                    // A node was restarted or lost between the rounds: what was planned on it is planned
                    // anew.
                    continue;
                }
                catch (TsDbException e) when (e.Kind == ErrorKind.Conflict)
                {
                    throw new TsDbException(ErrorKind.Unavailable, e.Message, e) { RetryAfter =
                        TryAgainAfter };
                }
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested
            && !ct.IsCancellationRequested)
        {
            throw new TsDbException(
                ErrorKind.Deadline,
                $"the query took longer than {request.Limits.DurationMax.TotalSeconds:0.#} s: "
                + "narrow its time range or allow it more time");
        }
    }

    private async Task<QueryAnswer> TryAsync(
        QueryRequest request, DirectStatement? small, Statement? statement, CancellationToken ct)
    {
        ClusterView view = cluster.Current!;
        IReadOnlyList<HeardNode> heard = [];
        Dictionary<TableName, ResolvedTable> tables = [];
        ImmutableArray<TableName> names = small is null ? statement!.Tables : [small.Table];
        if (names.Length > 0 || !IsDefault(request.Database))
        {
            CatalogRound round = new(cluster, catalogs, _cache, clock);
            heard = await round.AskAsync(view, request.Database, names, request.Consistency, ct);
            TableFinder finder = new(view, heard, _cache);
            if (names.Length == 0) finder.RequireDatabase(request.Database);
            foreach (TableName name in names)
                tables.Add(name, finder.Find(name, request, Lacking(view, request, heard, ScanScope.All)));
        }

        FragmentRuns runs = new(view, cluster, fragments, engines.General, clock);
        CoverageRecord coverage = new(request.Consistency);
        if (small is not null && DirectSplit.TryPlan(small, tables[small.Table]) is { } split)
        {
            Relation.Rows parts = await RowsAsync(split.Fragment);
            Schema schema =
                await engines.Direct.SchemaAsync(small, split.Fragment.Table, request.Limits, ct);
            if (split.Merge(parts.Batches, schema) is { } merged)
                return new QueryAnswer(new MergedResult(merged), coverage.Finish(runs.Served));
        }

        DistributedPlan plan = await planner.PlanAsync(statement ?? planner.Parse(request.Sql), tables, ct);
        List<Relation> relations = [];
        foreach (PlannedFragment fragment in plan.Fragments) relations.Add(await RowsAsync(fragment));
        ISqlResult result = await engines.General.ExecuteAsync(
            new SqlRequest { Sql = plan.FinalSql, Relations = relations, Limits = request.Limits }, ct);
        return new QueryAnswer(result, coverage.Finish(runs.Served));

        async Task<Relation.Rows> RowsAsync(PlannedFragment fragment)
        {
            CellHoldings holdings = new(view, fragment.Table.Table, fragment.Scope, heard);
            Check(view, request, heard, fragment, coverage);
            await CompleteAsync(holdings, runs, request, coverage, ct);
            coverage.Add(holdings.Shards);
            IReadOnlyList<FragmentRows> rows = await runs.RunAsync(fragment, holdings, request.Limits, ct);
            return new Relation.Rows(
                fragment.ResultName, rows[0].Schema, [.. rows.SelectMany(part => part.Batches)]);
        }
    }

    /// <summary>The database that is there before anything was written.</summary>
    private static bool IsDefault(string database) =>
        database.Equals("default", StringComparison.OrdinalIgnoreCase);

    private static List<ShardId> Lacking(
        ClusterView view,
        QueryRequest request,
        IReadOnlyList<HeardNode> heard,
        ScanScope scope,
        TableId? table = null) =>
    [
        .. RelevantShards.Of(view, scope, table).Where(shard =>
            CatalogRound.Heard(view, shard, request.Consistency, heard)
            < CatalogRound.Needed(view, shard, request.Consistency)),
    ];

    private void Check(
        ClusterView view,
        QueryRequest request,
        IReadOnlyList<HeardNode> heard,
        PlannedFragment fragment,
        CoverageRecord coverage)
    {
        List<ShardId> lacking = Lacking(view, request, heard, fragment.Scope, fragment.Table.Table);
        if (lacking.Count == 0) return;
        string[] silent =
        [
            .. lacking.SelectMany(shard => view.Owners[shard.Value]).Distinct()
                .Where(node => heard.All(h => h.Node != node)).Order()
                .Select(node => cluster.IsLive(node) ? $"{node} did not answer in time" : $"{node} is down"),
        ];
        string why = silent.Length == 0 ? "their owners are still recovering" : string.Join(", ", silent);
        string what = $"{lacking.Count} of {view.ShardCount} shards lack owners that answer "
            + $"({string.Join(", ", lacking.Take(8).Select(shard => shard.Value))}"
            + $"{(lacking.Count > 8 ? ", ..." : "")}): {why}";
        if (!request.AllowPartial)
        {
            throw new TsDbException(ErrorKind.Unavailable, what + "; try again, or allow a partial answer")
            {
                RetryAfter = TryAgainAfter,
            };
        }

        coverage.Miss(what);
    }

    // After this every cell is held whole by a usable node, or is named missing.
    private async Task CompleteAsync(
        CellHoldings holdings,
        FragmentRuns runs,
        QueryRequest request,
        CoverageRecord coverage,
        CancellationToken ct)
    {
        CellRepair repair = new(catalogs, holdings, runs.IsUsable);
        await repair.UniteAsync(ct);
        foreach (Cell cell in holdings.Assign(runs.IsUsable).Unheld)
        {
            if (await repair.FetchAsync(cell, ct)) continue;
            string what = $"no node that answers has all of cell {cell}";
            if (!request.AllowPartial)
            {
                throw new TsDbException(ErrorKind.Unavailable, what
                    + "; try again, or allow a partial answer")
                {
                    RetryAfter = TryAgainAfter,
                };
            }

            coverage.Miss(what);
            holdings.SettleForFullest(cell, runs.IsUsable);
        }
    }
}
