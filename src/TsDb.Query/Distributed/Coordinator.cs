using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
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
    QueryPeers peers,
    TimeProvider clock)
{
    private const int TriesMax = 3;
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(2);

    // What a fresh query takes beside its waits for edges: one for columns, one for rows.
    private static readonly TimeSpan HoldMore = TimeSpan.FromSeconds(5);

    private readonly CatalogCache _cache = new();
    private readonly EdgeColumns _edgeColumns = new();

    /// <summary>
    /// The answer; whoever gets it disposes its result. Throws <see cref="ErrorKind.Unavailable"/> before the
    /// cluster
    /// is founded and where owners are missing, <see cref="ErrorKind.NotFound"/> for unknown tables,
    /// <see cref="ErrorKind.Deadline"/> when the time is over.
    /// </summary>
    public Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct) =>
        QueryDeadline.RunAsync(request.Limits, clock, token => AnswerAsync(request, token), ct);

    private async Task<QueryAnswer> AnswerAsync(QueryRequest request, CancellationToken ct)
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
        string? before = null;

        // One for all tries: what was silent in one of them is not waited for again.
        EdgeRound? edges =
            request.Fresh ? new EdgeRound(peers.Edges, _edgeColumns, clock, request.EdgeWait) : null;
        for (int tries = 1; ; tries++)
        {
            GatherRoom.Part room = engines.Gathered.Rent();
            bool isAnswered = false;
            try
            {
                QueryAnswer answer = await TryAsync(request, small, statement, edges, room, ct);
                isAnswered = true;
                return answer with { Result = new RoomedResult(answer.Result, room) };
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Conflict && tries < TriesMax)
            {
                // A node was restarted or lost between the rounds, or found its files damaged: what was
                // planned on it is planned anew.
                before = e.Message;
                continue;
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable && before is not null)
            {
                throw new TsDbException(ErrorKind.Unavailable, $"{e.Message}; before, {before}", e)
                {
                    RetryAfter = e.RetryAfter,
                };
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Conflict)
            {
                throw new TsDbException(ErrorKind.Unavailable, $"{e.Message}; try again", e)
                {
                    RetryAfter = TryAgainAfter,
                };
            }
            finally
            {
                if (!isAnswered) room.Dispose();
            }
        }
    }

    private async Task<QueryAnswer> TryAsync(
        QueryRequest request,
        DirectStatement? small,
        Statement? statement,
        EdgeRound? edges,
        GatherRoom.Part room,
        CancellationToken ct)
    {
        using ClusterRead read = new(cluster, peers, request, edges, clock);
        FragmentRuns runs = RunsOf(request, statement, read.View, room);
        Dictionary<TableName, ResolvedTable> tables = [];
        List<Relation> relations = [];
        ImmutableArray<TableName> names = small is null ? statement!.Tables : [small.Table];
        ImmutableArray<Listing> lists = statement?.Listings ?? [];
        EarlyPlan? early = null;
        if (names.Length > 0 || lists.Length > 0 || !IsDefault(request.Database))
        {
            early = small is null || request.Fresh
                ? null : EarlyPlan.TryMake(read.View, _cache, request, small, runs.IsUsable);
            CatalogRound round = new(cluster, peers.Catalogs, _cache, read.UnderWay, clock)
            {
                Early = early,
                Hold = request.Fresh ? (request.EdgeWait * 2) + HoldMore : TimeSpan.Zero,
            };
            await read.HearAsync(round, names, lists, ct);
            if (early is not null) (read.Early, runs.Early) = (early, read.EarlyParts(early));
            TableFinder finder = new(read.View, read.Heard, _cache);
            if (names.Length == 0 && !IsDefault(request.Database))
                finder.RequireDatabase(request.Database);
            if (lists.Length > 0)
            {
                read.Require(read.Lacking(ScanScope.All));
                ClusterListings listings = new(read.View, read.Heard, finder);
                relations.AddRange(lists.Select(list => listings.Rows(list, request.Database)));
            }

            foreach (TableName name in names) tables.Add(name, await read.FindAsync(finder, name, ct));
        }

        if (small is not null && SplitOf(small, tables[small.Table], early, request.TextRuns) is { } split)
        {
            Relation.Rows parts = await read.RowsAsync(split.Fragment, runs, ct);
            Schema schema =
                await engines.Direct.SchemaAsync(small, split.Fragment.Table, request.Limits, ct);
            if (split.Merge(parts.Batches, schema) is { } merged)
            {
                if (merged.Count > 0) schema = merged[0].Schema;
                MergedResult whole = new(schema, merged, parts.Batches);
                return new QueryAnswer(whole, read.Coverage.Finish(runs.Served));
            }
        }

        statement ??= planner.Parse(request.Sql);
        DistributedPlan plan = await planner.PlanAsync(statement, tables, ct);
        Explanation explanation = new();
        foreach (PlannedFragment fragment in plan.Fragments)
        {
            if (statement.Explain != ExplainMode.Plan) relations.Add(
                await read.RowsAsync(fragment, runs, ct));
            else explanation.Add(fragment, read.HoldingsOf(fragment), runs.IsUsable);
        }

        SqlRequest final =
            new() { Sql = plan.FinalSql, Relations = relations, Limits = request.Limits, Keep = room.Keep };
        explanation.Add(runs.Figures.Concat(read.EdgeFigures));
        ISqlResult result = statement.Explain == ExplainMode.None
            ? await engines.General.ExecuteAsync(final, ct)
            : await ExplainAsync(explanation, read.View.Self, statement.Explain, final, ct);
        return new QueryAnswer(result, read.Coverage.Finish(runs.Served));
    }

    private FragmentRuns RunsOf(
        QueryRequest request, Statement? statement, ClusterView view, GatherRoom.Part room) =>
            new(view, cluster, peers.Fragments, engines.General, clock)
            {
                IsExact = request.Fresh,
                IsMeasured = statement?.Explain == ExplainMode.Analyze,
                Room = room,
            };

    private static DirectSplit? SplitOf(
        DirectStatement small, ResolvedTable table, EarlyPlan? early, bool takesRuns) =>
            ReferenceEquals(table, early?.Table)
                ? early.Split : DirectSplit.TryPlan(small, table, takesRuns);

    private async Task<ISqlResult> ExplainAsync(
        Explanation explanation, NodeId self, ExplainMode mode, SqlRequest final, CancellationToken ct)
    {
        ExplainFigures? answer = mode == ExplainMode.Analyze
            ? await ExplainFigures.OfRunAsync(engines.General, final, clock, ct)
            : null;
        explanation.Add(self.Value, "answer", "what comes from the parts above", final.Sql, answer);
        return explanation.ToResult();
    }

    /// <summary>The database that is there before anything was written.</summary>
    private static bool IsDefault(string database) =>
        database.Equals("default", StringComparison.OrdinalIgnoreCase);
}
