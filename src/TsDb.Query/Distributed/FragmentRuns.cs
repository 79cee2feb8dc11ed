using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// Runs one fragment where its cells are. A node that fails is replaced for its shards only: its rows count
/// for nothing
/// until they are all here.
/// </summary>
internal sealed class FragmentRuns(
    ClusterView view, IClusterWatch cluster, IFragmentClient fragments, ISqlEngine engine, TimeProvider clock)
{
    private static readonly TimeSpan LivenessPeriod = TimeSpan.FromMilliseconds(250);

    private readonly HashSet<NodeId> _failed = [];

    /// <summary>Memory for the rows.</summary>
    public required GatherRoom.Part Room { get; init; }

    /// <summary>What came with the catalogs, or behind them.</summary>
    public IReadOnlyDictionary<NodeId, EarlyPart> Early { get; set; } =
        ImmutableDictionary<NodeId, EarlyPart>.Empty;

    /// <summary>True if the cells must still be in the states of the holdings when they are read.</summary>
    public bool IsExact { get; set; }

    /// <summary>The last change of erasures that the plan knows.</summary>
    public long Erasures { get; set; }

    /// <summary>Nodes whose rows are in the answer.</summary>
    public SortedSet<NodeId> Served { get; } = [];

    /// <summary>True if <see cref="Figures"/> are wanted.</summary>
    public bool IsMeasured { get; init; }

    /// <summary>What each part took, for EXPLAIN ANALYZE.</summary>
    public List<(string Node, PlannedFragment Fragment, ExplainFigures Figures)> Figures { get; } = [];

    /// <summary>True if the node has not failed this query.</summary>
    public bool IsUsable(NodeId node) => !_failed.Contains(node) && cluster.IsLive(node);

    /// <summary>
    /// The rows of the fragment from all servings; throws <see cref="ErrorKind.Conflict"/> if the query must
    /// be planned
    /// again.
    /// </summary>
    public async Task<IReadOnlyList<FragmentRows>> RunAsync(
        PlannedFragment fragment, CellHoldings holdings, SqlLimits limits, CancellationToken ct)
    {
        List<FragmentRows> rows = [];
        (IReadOnlyList<Serving> servings, IReadOnlyList<Cell> unheld) = holdings.Assign(IsUsable);
        if (unheld.Count > 0)
        {
            // Each was held when the query was planned: edges are asked in between, which takes its time.
            throw new TsDbException(
                ErrorKind.Conflict, $"no node that has all of {unheld[0]} is up since the query was planned");
        }

        // This node's own part runs at once, on this thread: the others' are under way by then.
        servings =
        [
            .. servings.Select(serving => IsExact ? Named(holdings, serving) : serving)
                .Where(serving => serving.IsAny).OrderBy(one => one.Node == view.Self),
        ];
        if (servings.Count == 0) return [await EmptyAsync(fragment, limits, ct)];
        while (servings.Count > 0)
        {
            long started = clock.GetTimestamp();
            TimeSpan[] took = new TimeSpan[servings.Count];
            (FragmentRows? Rows, string Why)[] answers = await RunAllAsync(
                servings, fragment, holdings, limits, i => took[i] = clock.GetElapsedTime(started), ct);
            List<(Serving, string Why)> lost = [];
            // By name, so that answers and plans read the same whichever node was asked.
            foreach (int i in Enumerable.Range(0, answers.Length)
                .OrderBy(n => servings[n].Node.Value, StringComparer.Ordinal))
            {
                if (answers[i].Rows is { } answer)
                {
                    rows.Add(answer);
                    Served.Add(servings[i].Node);
                    if (IsMeasured) Figures.Add((servings[i].Node.Value, fragment, new ExplainFigures
                    {
                        Cells = holdings.CellsOf(servings[i]).Count(),
                        Rows = answer.Batches.Sum(batch => (long)batch.Length),
                        Bytes = answer.Bytes,
                        Took = took[i],
                    }));
                }
                else
                {
                    _failed.Add(servings[i].Node);
                    lost.Add((servings[i], answers[i].Why));
                }
            }

            servings = lost.Count == 0 ? [] : Replace(lost, holdings);
        }

        return rows;
    }

    // What the lost ones were to answer, by those that are left; whatever had an answer stays answered.
    private IReadOnlyList<Serving> Replace(List<(Serving Serving, string Why)> lost, CellHoldings holdings)
    {
        HashSet<Cell> cells = [.. lost.SelectMany(one => holdings.CellsOf(one.Serving))];
        (IReadOnlyList<Serving> servings, IReadOnlyList<Cell> unheld) = holdings.Only(cells).Assign(IsUsable);
        if (unheld.Count > 0)
        {
            (Serving serving, string why) =
                lost.First(one => holdings.CellsOf(one.Serving).Contains(unheld[0]));
            throw new TsDbException(
                ErrorKind.Conflict,
                $"{serving.Node} failed and no other node has all of {unheld[0]}: {why}");
        }

        return [.. servings.Select(serving => Named(holdings.Only(cells), serving))
            .Where(serving => serving.IsAny)];
    }

    // The same cells one by one, where not all of the shards' cells are meant: others are answered already,
    // by another node or by their edge, or came to be since the holdings were told.
    private static Serving Named(CellHoldings holdings, Serving serving) => serving with
    {
        Shards = [],
        Except = [],
        Also = [.. holdings.CellsOf(serving)],
    };

    private async Task<(FragmentRows? Rows, string Why)[]> RunAllAsync(
        IReadOnlyList<Serving> servings,
        PlannedFragment fragment,
        CellHoldings holdings,
        SqlLimits limits,
        Action<int> onDone,
        CancellationToken ct)
    {
        FragmentRequest[] requests =
        [
            .. servings.Select(serving => holdings.RequestTo(serving, fragment, limits) with
            {
                Erasures = Erasures,
                Exactly = IsExact ? Exactly(holdings, serving) : [],
            }),
        ];
        if (TryTakeEarly(servings, requests) is { } all)
        {
            for (int i = 0; i < all.Length; i++) onDone(i);
            return all;
        }

        return await AskAllAsync(servings, requests, onDone, ct);
    }

    // All rows, if all came with the catalogs: most questions are small ones.
    private (FragmentRows? Rows, string Why)[]? TryTakeEarly(
        IReadOnlyList<Serving> servings, FragmentRequest[] requests)
    {
        if (Early.Count < servings.Count) return null;
        (FragmentRows? Rows, string Why)[] all = new (FragmentRows?, string)[requests.Length];
        for (int i = 0; i < all.Length; i++)
        {
            if (EarlyOf(servings[i].Node, requests[i]) is not { } rows) return null;
            all[i] = (rows, "");
        }

        for (int i = 0; i < all.Length; i++) Room.Take(all[i].Rows!.Bytes, requests[i].Limits.MemoryBytesMax);
        return all;
    }

    private async Task<(FragmentRows? Rows, string Why)[]> AskAllAsync(
        IReadOnlyList<Serving> servings, FragmentRequest[] requests, Action<int> onDone, CancellationToken ct)
    {
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(ct);
        CancellationTokenSource[] each =
            [.. servings.Select(_ => CancellationTokenSource.CreateLinkedTokenSource(all.Token))];
        Func<Task<ISqlResult>>?[] begun =
            [.. servings.Select((serving, i) => Begin(serving.Node, requests[i], each[i].Token))];

        // This node's own part first, which is the last: then the others' are there, or nearly so.
        Task<(FragmentRows? Rows, string Why)>[] running =
            new Task<(FragmentRows? Rows, string Why)>[begun.Length];
        for (int i = begun.Length - 1; i >= 0; i--)
            running[i] = RunOneAsync(servings[i].Node, requests[i], begun[i], each[i], all.Token);
        try
        {
            List<Task<(FragmentRows?, string)>> left = [.. running];
            while (left.Count > 0)
            {
                Task<(FragmentRows?, string)> done = await Task.WhenAny(left);
                left.Remove(done);
                onDone(System.Array.IndexOf(running, done));
                await done;
            }
        }
        finally
        {
            all.Cancel();
            await ((Task)Task.WhenAll(running)).ConfigureAwait(
                ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }

        return [.. running.Select(task => task.Result)];
    }

    private static ImmutableArray<(Cell Cell, LeafDigest Digest)> Exactly(
        CellHoldings holdings, Serving serving)
    {
        HashSet<Cell> served = [.. holdings.CellsOf(serving)];
        return [.. holdings.States().Where(state => served.Contains(state.Cell))];
    }

    // What came with the node's catalog, if it is just what is to be asked for.
    private FragmentRows? EarlyOf(NodeId node, FragmentRequest request) =>
        Early.GetValueOrDefault(node)?.RowsFor(request) is { } rows
            ? new FragmentRows(rows.Schema, rows.Batches, rows.Batches.Sum(ExplainFigures.BytesOf))
            : null;

    // Null where nothing has to be asked.
    private Func<Task<ISqlResult>>? Begin(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        if (EarlyOf(node, request) is not null) return null;
        if (Early.GetValueOrDefault(node)?.BehindFor(request)?.TryTake(ct) is { } behind) return behind;
        try
        {
            return fragments.Begin(node, request, ct);
        }
        catch (TsDbException e)
        {
            return () => Task.FromException<ISqlResult>(e);
        }
    }

    // No rows if another owner has to be asked; then why.
    private async Task<(FragmentRows? Rows, string Why)> RunOneAsync(
        NodeId node,
        FragmentRequest request,
        Func<Task<ISqlResult>>? begun,
        CancellationTokenSource run,
        CancellationToken ct)
    {
        using CancellationTokenSource own = run;
        if (begun is null)
        {
            FragmentRows early = EarlyOf(node, request)!;
            Room.Take(early.Bytes, request.Limits.MemoryBytesMax);
            return (early, "");
        }

        Task<FragmentRows> reading = ReadAsync(begun, request.Limits, run.Token);
        try
        {
            while (!reading.IsCompleted)
            {
                using Patience patience = new(LivenessPeriod, clock);
                if (await Task.WhenAny(reading, patience.Over) == reading) break;
                ct.ThrowIfCancellationRequested();
                if (cluster.IsLive(node)) continue;
                run.Cancel();
                break;
            }

            return (await reading, "");
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Closed)
        {
            return (null, e.Message);
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Corrupt)
        {
            // Of an earlier version: it names its paths, which tell nobody elsewhere anything.
            return (null, "a stored file of it could not be read");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, "it is down");
        }
        finally
        {
            run.Cancel();
        }
    }

    private async Task<FragmentRows> ReadAsync(
        Func<Task<ISqlResult>> begun, SqlLimits limits, CancellationToken ct)
    {
        await using ISqlResult result = await begun();
        return await CollectAsync(result, limits, ct);
    }

    private async Task<FragmentRows> CollectAsync(ISqlResult result, SqlLimits limits,
        CancellationToken ct)
    {
        List<RecordBatch> batches = [];
        long bytes = 0;
        await foreach (RecordBatch batch in result.ReadAsync(ct))
        {
            long more = ExplainFigures.BytesOf(batch);
            bytes += more;
            Room.Take(more, limits.MemoryBytesMax);
            batches.Add(batch);
        }

        return new FragmentRows(result.Schema, batches, bytes);
    }

    // Nobody has a row: the fragment over no rows tells the columns, and the one row of an aggregate without
    // groups.
    private async Task<FragmentRows> EmptyAsync(PlannedFragment fragment, SqlLimits limits,
        CancellationToken ct)
    {
        TableSnapshot none = new(fragment.Table.Table, [], null);
        SqlRequest request = new()
        {
            Sql = fragment.Sql,
            Relations =
            [
                new Relation.Points(
                    fragment.RelationName, fragment.Table, none, PointMask.None, fragment.Scope),
            ],
            Limits = limits,
        };
        await using ISqlResult result = await engine.ExecuteAsync(request, ct);
        return await CollectAsync(result, limits, ct);
    }
}
