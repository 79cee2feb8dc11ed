using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// One try at one query: what was heard of the cluster, what is missing, and the rows of fragments from nodes
/// and edges. Owned by one query.
/// </summary>
internal sealed class ClusterRead(
    IClusterWatch cluster, QueryPeers peers, QueryRequest request, EdgeRound? edges, TimeProvider clock)
    : IDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(2);

    // Far more than the news takes on its way.
    private static readonly TimeSpan CatchUpWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>The configuration, the same from beginning to end.</summary>
    public ClusterView View { get; } = cluster.Current!;

    /// <summary>What owners have said of their catalogs.</summary>
    public IReadOnlyList<HeardNode> Heard { get; private set; } = [];

    /// <summary>The last change of erasures that anybody heard from knows; nobody answers with what it masks.
    /// </summary>
    public long Erasures => Heard.Select(node => node.Erasures).Append(View.Erasures).Max();

    /// <summary>What the answer rests on.</summary>
    public CoverageRecord Coverage { get; } = new(request.Consistency);

    /// <summary>What edges have sent, for EXPLAIN ANALYZE.</summary>
    public List<(string Node, PlannedFragment Fragment, ExplainFigures Figures)> EdgeFigures { get; } = [];

    /// <summary>
    /// Asks the owners what they have. Throws <see cref="ErrorKind.Conflict"/> if the cluster was changed
    /// since the query began, <see cref="ErrorKind.Unavailable"/> or names it missing if this node does not
    /// know of what others know, or is out of touch with the majority: owners by an older configuration are
    /// no quorum.
    /// </summary>
    public async Task HearAsync(
        CatalogRound round,
        ImmutableArray<TableName> names,
        ImmutableArray<Listing> lists,
        CancellationToken ct)
    {
        Heard = await round.AskAsync(View, request.Database, names, lists, request.Consistency, ct);
        if (request.Consistency == Consistency.One) return;
        if (cluster.Detached is { } why) Miss([why]);
        long newest = Heard.Max(node => (long?)node.Epoch.Value) ?? 0;
        if (newest <= View.Epoch.Value) return;
        long start = clock.GetTimestamp();
        while (cluster.Current?.Epoch.Value < newest)
        {
            if (clock.GetElapsedTime(start) > CatchUpWithin)
            {
                Miss([
                    $"what others know of the cluster as of epoch {newest}: this node knows it as of epoch "
                    + $"{View.Epoch.Value}, it is behind or no member any more"]);
                return;
            }

            await Task.Delay(LookEvery, clock, ct);
        }

        throw new TsDbException(ErrorKind.Conflict, "the cluster was changed while the query ran");
    }


    /// <summary>What was thought before the catalogs were heard; null if nothing was.</summary>
    public EarlyPlan? Early { get; set; }

    /// <summary>What came with the catalogs, by node.</summary>
    public IReadOnlyDictionary<NodeId, EarlyPart> EarlyParts(EarlyPlan plan) =>
        Heard.Where(node => plan.Requests.ContainsKey(node.Node)).ToDictionary(
            node => node.Node,
            node => new EarlyPart(plan.Requests[node.Node], node.Early, node.Behind, node.Version));

    /// <summary>Rows that nodes send behind what they say of their catalogs.</summary>
    public RowsUnderWay UnderWay { get; } = new();

    /// <summary>Gives up rows that nobody has taken.</summary>
    public void Dispose() => UnderWay.Dispose();

    /// <summary>
    /// The table that a name means; for a fresh query it may so far be on edges only. Errors as
    /// <see cref="TableFinder"/>.
    /// </summary>
    public async Task<ResolvedTable> FindAsync(TableFinder finder, TableName name, CancellationToken ct)
    {
        List<ShardId> lacking = Lacking(ScanScope.All);
        if (edges is null) return finder.Find(name, request, lacking);
        TsDbException? unknown = null;
        TableId table;
        try
        {
            table = finder.IdOf(name, request, lacking);
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
        {
            (unknown, table) = (e, new TableId(name.Database ?? request.Database, name.Table));
        }

        IReadOnlyList<Column> more = await edges.LearnAsync(View.Edges, table, unknown is not null, ct);
        if (unknown is not null && more.Count == 0)
        {
            // An edge that does not answer may have it.
            Miss(edges.Missing.Select(edge => $"edge {edge.Key}: {edge.Value}"));
            throw unknown;
        }

        return finder.Find(table, more);
    }

    /// <summary>Shards of which too few owners were heard.</summary>
    public List<ShardId> Lacking(ScanScope scope, TableId? table = null)
    {
        List<ShardId> lacking = [];
        foreach (ShardId shard in RelevantShards.Of(View, scope, table))
        {
            if (CatalogRound.Heard(View, shard, request.Consistency, Heard)
                < CatalogRound.Needed(View, shard, request.Consistency)) lacking.Add(shard);
        }

        return lacking;
    }

    /// <summary>Throws, or names what is missing, if shards lack owners.</summary>
    public void Require(List<ShardId> lacking)
    {
        if (lacking.Count == 0) return;
        string[] silent =
        [
            .. lacking.SelectMany(shard => View.Owners[shard.Value]).Distinct()
                .Where(node => Heard.All(h => h.Node != node)).Order()
                .Select(node => cluster.IsLive(node) ? $"{node} did not answer in time" : $"{node} is down"),
        ];
        string why = silent.Length == 0
            ? $"{Recovering(lacking)} recovering what it lost or was given" : string.Join(", ", silent);
        Miss([$"{lacking.Count} of {View.ShardCount} shards lack owners that answer "
            + $"({string.Join(", ", lacking.Take(8).Select(shard => shard.Value))}"
            + $"{(lacking.Count > 8 ? ", ..." : "")}): {why}"]);
    }

    private string Recovering(List<ShardId> shards)
    {
        NodeId[] nodes =
            [.. Heard.Where(h => shards.Any(h.Recovering.Contains)).Select(h => h.Node).Distinct().Order()];
        return nodes.Length == 0 ? "each owner is still" : $"{string.Join(" and ", nodes)} is still";
    }

    /// <summary>Who has the cells of a fragment.</summary>
    public CellHoldings HoldingsOf(PlannedFragment fragment)
    {
        Require(Lacking(fragment.Scope, fragment.Table.Table));
        if (Early is { } early && ReferenceEquals(early.Split.Fragment, fragment)
            && early.Holdings.TryRenew(fragment.Table.Table, Heard)) return early.Holdings;
        return new CellHoldings(View, fragment.Table.Table, fragment.Scope, Heard);
    }

    /// <summary>The fragment's rows, each cell's from one place.</summary>
    public async Task<Relation.Rows> RowsAsync(
        PlannedFragment fragment, FragmentRuns runs, CancellationToken ct)
    {
        CellHoldings holdings = HoldingsOf(fragment);
        await CompleteAsync(holdings, runs, ct);
        Coverage.Add(holdings.Shards);
        runs.Erasures = Erasures;
        List<FragmentRows> fromEdges = [];
        if (edges is not null) holdings = await AskEdgesAsync(edges, fragment, holdings, fromEdges, ct);
        IReadOnlyList<FragmentRows> rows = await runs.RunAsync(fragment, holdings, request.Limits, ct);
        return new Relation.Rows(
            fragment.ResultName, rows[0].Schema,
            [.. rows.Concat(fromEdges).SelectMany(part => part.Batches)]);
    }

    // What is left for the cloud to answer: all cells but those that their edges have answered.
    private async Task<CellHoldings> AskEdgesAsync(
        EdgeRound round,
        PlannedFragment fragment,
        CellHoldings holdings,
        List<FragmentRows> fromEdges,
        CancellationToken ct)
    {
        EdgeId[] wanted = [.. View.Edges.Where(edge => fragment.Scope.Edges?.Contains(edge) != false)];
        IReadOnlyDictionary<EdgeId, FreshAnswer> answers =
            await round.AskAsync(wanted, fragment, holdings, Erasures, request.Limits, ct);
        Coverage.AddEdges(wanted);
        HashSet<Cell> answered = [];
        List<string> missing = [];
        foreach ((EdgeId edge, FreshAnswer answer) in answers)
        {
            answered.UnionWith(answer.Days.Select(day => new Cell(fragment.Table.Table, edge, day)));
            missing.AddRange(answer.Incomplete.Select(cell =>
                $"edge {edge} has points of {fragment.Table.Table} on {cell.Day} that are not in the answer: "
                + cell.Reason));
            if (answer.Schema is not { } schema) continue;
            long bytes = answer.Batches.Sum(ExplainFigures.BytesOf);
            fromEdges.Add(new FragmentRows(schema, answer.Batches, bytes));
            EdgeFigures.Add(($"edge {edge}", fragment, new ExplainFigures
            {
                Cells = answer.Days.Length,
                Rows = answer.Batches.Sum(batch => (long)batch.Length),
                Bytes = bytes,
            }));
        }

        missing.AddRange(wanted.Where(round.Missing.ContainsKey).Select(edge =>
            $"edge {edge}: {round.Missing[edge]}; what it has not shipped is not in the answer"));
        foreach (EdgeId edge in wanted.Where(round.Missing.ContainsKey)) Coverage.AddSilent(edge);
        Miss(missing);
        return holdings.Without(answered);
    }

    // After this every cell is held whole by a usable node, or is named missing.
    private async Task CompleteAsync(CellHoldings holdings, FragmentRuns runs, CancellationToken ct)
    {
        CellRepair repair = new(peers.Catalogs, holdings, runs.IsUsable);
        await repair.UniteAsync(ct);
        foreach (Cell cell in holdings.Assign(runs.IsUsable).Unheld)
        {
            if (await repair.FetchAsync(cell, ct)) continue;
            Miss([$"no node that answers has all of cell {cell}"]);
            holdings.SettleForFullest(cell, runs.IsUsable);
        }
    }

    private void Miss(IEnumerable<string> what)
    {
        string[] missing = [.. what];
        if (missing.Length == 0) return;
        if (!request.AllowPartial)
        {
            throw new TsDbException(
                ErrorKind.Unavailable, string.Join("; ", missing) + "; try again, or allow a partial answer")
            {
                RetryAfter = TryAgainAfter,
            };
        }

        foreach (string one in missing) Coverage.Miss(one);
    }
}
