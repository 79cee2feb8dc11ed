using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using TsDb.Adapters.Direct;
using TsDb.Adapters.DuckDb;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using TsDb.Replication.Serving;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Conformance.Fleets;

/// <summary>
/// Cloud nodes with real segments and the real engine in one process, and a network between them that fails
/// as told.
/// </summary>
internal sealed class Fleet : IClusterWatch, ICatalogClient, IFragmentClient, IEdgeClient, IDisposable
{
    public const int ShardCount = 16;
    private static readonly Incarnation Born = new(new Guid("00000000-0000-0000-0000-000000000001"));
    private static readonly IngestSetup Setup = new(new IngestLimits(), new NodeTime(TimeProvider.System), 1);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tsdb-conformance-");
    private readonly DuckDbParser _parser = new();
    private readonly DuckDbEngine _engine;
    private readonly DirectEngine _direct;
    private readonly Planner _planner;
    private readonly SortedDictionary<NodeId, FleetNode> _nodes = [];
    private readonly SortedDictionary<NodeId, CatalogDesk> _desks = [];
    private readonly SortedDictionary<NodeId, FragmentDesk> _fragments = [];
    private readonly List<(Leaf Leaf, SegmentRef Segment)> _all = [];
    private readonly Dictionary<Cell, int> _ordinals = [];
    private int _compacted;

    public Fleet(int nodes, int replicas)
    {
        _engine = new DuckDbEngine(
            new DuckDbOptions { Directories = [_root.FullName] }, _parser, TimeProvider.System);
        _direct = new DirectEngine(_engine, new SegmentCache(1 << 20, SegmentRows.Open));
        for (int i = 1; i <= nodes; i++)
        {
            NodeId id = new(string.Create(CultureInfo.InvariantCulture, $"n{i}"));
            FleetNode node = new(id, other => _nodes[other]);
            _nodes.Add(id, node);
            HeldMoments held = new(TimeProvider.System);
            _desks.Add(id, new CatalogDesk(node) { Held = held });
            _fragments.Add(id, new FragmentDesk(node, _direct) { Held = held });
        }

        NodeId[] ids = [.. _nodes.Keys];
        Current = new ClusterView
        {
            Self = ids[0],
            ReadQuorum = (replicas / 2) + 1,
            Owners =
            [
                .. Enumerable.Range(0, ShardCount).Select(shard => ImmutableArray.CreateRange(
                    Enumerable.Range(0, replicas).Select(i => ids[(shard + i) % nodes]))),
            ],
        };
        _planner = new Planner(_parser, _engine, TimeProvider.System);
        Coordinator = new Coordinator(
            _planner, new QueryEngines(_engine, _direct), this, new QueryPeers(this, this, this),
            TimeProvider.System);
    }

    public ClusterView? Current { get; set; }

    public Coordinator Coordinator { get; }

    /// <summary>Cells named in the last answer about a catalog.</summary>
    public int CellsTold { get; private set; }

    public int Questions { get; private set; }

    /// <summary>Fragments that were asked for by themselves.</summary>
    public int Fragments { get; private set; }

    /// <summary>Rows that were sent behind answers about catalogs.</summary>
    public FleetRowsBehind Behind { get; } = new();

    /// <summary>What happens at a node after it has said what it has.</summary>
    public Action<NodeId>? OnCatalogTold { get; set; }

    /// <summary>What is erased, at every node and edge.</summary>
    public Erasures Erasures { get; private set; } = Erasures.None;

    /// <summary>Edges that answer fresh queries; others of the configuration are silent.</summary>
    public Dictionary<EdgeId, EdgeDesk> Edges { get; } = [];

    /// <summary>Edges that have nothing that the cloud has not.</summary>
    public HashSet<EdgeId> IdleEdges { get; } = [];

    /// <summary>What happens when an edge is asked.</summary>
    public Action<EdgeId>? OnEdgeAsked { get; set; }

    public FleetNode Node(string id) => _nodes[new NodeId(id)];

    /// <summary>
    /// Points of one edge as lines, a leaf for each of their cells, on all owners or on those that are
    /// reached.
    /// </summary>
    public void Ship(
        string edge, string lines, Func<NodeId, bool>? reaches = null, string database = "db")
    {
        IngestRules rules = new() { Database = database, Dialect = IngestDialect.V3 };
        ParsedPoints points = LineProtocolIngest.Parse(
            Encoding.UTF8.GetBytes(lines), rules, SchemaCatalog.Empty, Setup);
        if (points.RefusedCount > 0) throw new InvalidDataException(points.Refusals[0].Reason);
        foreach (TableBatch batch in points.Batches)
        {
            foreach (Day day in batch.Times.ToArray().Select(Day.Of).Distinct().Order())
                Ship(new Cell(batch.Table, new EdgeId(edge), day),
                    KeyMerge.Merge(batch.Table, [batch], day.Range), reaches);
        }
    }

    /// <summary>Makes erasures known to the coordinator and to the nodes that hear of them.</summary>
    public void Erase(Erasures erasures, Func<NodeId, bool>? hears = null)
    {
        Erasures = erasures;
        Current = Current! with { Erasures = erasures.Number };
        foreach (FleetNode node in _nodes.Values.Where(node => hears?.Invoke(node.Id) != false))
            node.Erasures = erasures;
    }

    /// <summary>Merges all leaves of each cell into one segment, as compaction does; what is known of leaves
    /// stays.</summary>
    public void Compact()
    {
        foreach (var cell in _all.GroupBy(entry => entry.Leaf.Cell).ToArray())
        {
            SegmentRef[] segments = [.. cell.Select(entry => entry.Segment).Distinct().OrderBy(s => s.Rank)];
            if (segments.Length < 2 || segments.SelectMany(s => s.Manifest.Fields).GroupBy(f => f.Name)
                .Any(field => field.Distinct().Count() > 1)) continue;
            SegmentReader[] readers = [.. segments.Select(s => SegmentReader.Open(File.OpenRead(s.Path)))];
            string path = Path.Combine(_root.FullName, $"compact-{_compacted++}.parquet");
            using FileStream file = File.Create(path);
            SegmentFacts facts = new(
                cell.Key, Born, new OrdinalRange(new Ordinal(1), new Ordinal(_ordinals[cell.Key])));
            SegmentManifest manifest = SegmentWriter.Merge(readers, facts, file);
            foreach (SegmentReader reader in readers) reader.Dispose();
            SegmentRef merged = new(path, file.Length, manifest, segments[^1].Rank);
            foreach ((Leaf leaf, _) in cell.ToArray())
            {
                _all[_all.FindIndex(entry => entry.Leaf == leaf)] = (leaf, merged);
                foreach (FleetNode node in _nodes.Values) node.Replace(leaf, merged);
            }
        }
    }

    /// <summary>A few days of points of some edges, each cell in two leaves.</summary>
    public void ShipDays(int edges, int days, int pointsADay)
    {
        for (int edge = 0; edge < edges; edge++)
        {
            for (int day = 0; day < days; day++)
            {
                for (int part = 0; part < 2; part++)
                    Ship($"e{edge}", Points(edge, day, part * pointsADay, pointsADay));
            }
        }
    }

    /// <summary>Lines of table weather, one a second.</summary>
    public static string Points(int edge, int day, int first, int count) => string.Join('\n', Enumerable
        .Range(first, count)
        .Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $"weather,host=h{i % 3} v={(i * 1.1) + day},n={i + edge}i "
            + $"{((16_801L + day) * Day.NanosecondsLength) + (i * 1_000_000_000L) + edge}")));

    public async Task<(string Rows, Coverage Coverage)> AskAsync(
        string sql, Func<QueryRequest, QueryRequest>? with = null)
    {
        QueryRequest request = new() { Sql = sql, Database = "db" };
        QueryAnswer answer = await Coordinator.QueryAsync(
            with is null ? request : with(request), CancellationToken.None);
        await using (answer.Result) return (await ResultText.ReadAsync(answer.Result), answer.Coverage);
    }

    /// <summary>The same over all leaves at one place, as an edge answers.</summary>
    public async Task<string> WholeAsync(string sql)
    {
        Statement statement = _planner.Parse(sql);
        Dictionary<TableName, ResolvedTable> tables = [];
        foreach (TableName name in statement.Tables)
        {
            TableId table = _all.Select(entry => entry.Leaf.Cell.Table).FirstOrDefault(table =>
                table.Table.Equals(name.Table, StringComparison.OrdinalIgnoreCase)
                && table.Database == (name.Database ?? "db"))
                ?? throw new TsDbException(ErrorKind.NotFound, $"no table {name}");
            tables.Add(name, TypeResolver.Resolve(
                table, Of(table).SelectMany(s => s.Manifest.Tags.Concat(s.Manifest.Fields))));
        }

        LocalPlan plan = await _planner.PlanLocalAsync(statement, tables, CancellationToken.None);
        SqlRequest request = new()
        {
            Sql = plan.Sql,
            Relations =
            [
                .. plan.Scans.Select(scan => new Relation.Points(
                    scan.RelationName, scan.Table,
                    new TableSnapshot(scan.Table.Table, [.. Of(scan.Table.Table)], null),
                    PointMask.Of(Erasures, scan.Table.Table, Erasures.Number), scan.Scope)),
                .. statement.Listings.Select(Rows),
            ],
        };
        await using ISqlResult result = await _engine.ExecuteAsync(request, CancellationToken.None);
        return await ResultText.ReadAsync(result);
    }

    public string? Detached { get; set; }

    public bool IsLive(NodeId node) => !_nodes[node].IsDown;

    public async Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        await ReachAsync(node, ct);
        Questions++;
        CatalogAnswer answer = _desks[node].Answer(question);
        CellsTold = answer.Tables.Sum(table => table.Cells.Length);
        OnCatalogTold?.Invoke(node);
        if (question.Fragment is not { } fragment) return answer;
        EarlyRows? early = await _fragments[node].TryQuickAsync(fragment, ct);
        bool goesOn = early is null && node != Current!.Self && answer.Version.Covers(fragment.AtLeast);
        return answer with
        {
            Early = early,
            Behind = goesOn
                ? Behind.Begin(_fragments[node], fragment with { AtLeast = answer.Version }) : null,
        };
    }

    public async Task<ImmutableArray<Leaf>> LeavesAsync(
        NodeId node, ImmutableArray<Cell> cells, CancellationToken ct)
    {
        await ReachAsync(node, ct);
        return _desks[node].Leaves(cells);
    }

    public async Task<CatalogVersion> FetchAsync(
        NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct)
    {
        await ReachAsync(node, ct);
        await ReachAsync(source, ct);
        return await _desks[node].FetchAsync(leaves, source, ct);
    }

    public async Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
    {
        if (_nodes[node].FragmentsLeft == 0) _nodes[node].IsDown = true;
        _nodes[node].FragmentsLeft--;
        Fragments++;
        await ReachAsync(node, ct);
        return await _fragments[node].RunAsync(request, ct);
    }

    public Task<FreshAnswer> AskAsync(EdgeId edge, FreshQuestion question, CancellationToken ct)
    {
        OnEdgeAsked?.Invoke(edge);
        if (IdleEdges.Contains(edge)) return Task.FromResult(new FreshAnswer());
        return Edges.TryGetValue(edge, out EdgeDesk? desk)
            ? desk.AnswerAsync(question, ct)
            : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct)
                .ContinueWith(
                    _ => new FreshAnswer(), ct, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _parser.Dispose();
        _root.Delete(recursive: true);
    }

    private Relation.Rows Rows(Listing listing) => listing.Of("db") is { } database
        && !database.Equals("db", StringComparison.OrdinalIgnoreCase)
            ? throw new TsDbException(ErrorKind.NotFound, $"no database {database}")
            : ListingRows.Of(
                listing,
                ["db", "default"],
                _all.Select(entry => entry.Leaf.Cell.Table).Distinct().Select(table => TypeResolver.Resolve(
                    table, Of(table).SelectMany(s => s.Manifest.Tags.Concat(s.Manifest.Fields)))));

    private IEnumerable<SegmentRef> Of(TableId table) =>
        _all.Where(entry => entry.Leaf.Cell.Table == table).Select(entry => entry.Segment).Distinct();

    private void Ship(Cell cell, SortedRun run, Func<NodeId, bool>? reaches)
    {
        int number = _ordinals[cell] = _ordinals.GetValueOrDefault(cell) + 1;
        Ordinal ordinal = new(number);
        string path =
            Path.Combine(_root.FullName,
                string.Create(CultureInfo.InvariantCulture, $"{_all.Count}.parquet"));
        using FileStream file = File.Create(path);
        SegmentManifest manifest = SegmentWriter.Write(
            run, new SegmentFacts(cell, Born, new OrdinalRange(ordinal, ordinal)), file);
        SegmentRef segment = new(path, file.Length, manifest, number);
        Leaf leaf = new(cell, Born, ordinal, ContentHash.Of(Encoding.UTF8.GetBytes(path)));
        _all.Add((leaf, segment));
        foreach (NodeId owner in Current!.Owners[ShardId.Of(cell, ShardCount).Value])
        {
            if (reaches is null || reaches(owner)) _nodes[owner].Add(leaf, segment);
        }
    }

    private async Task ReachAsync(NodeId node, CancellationToken ct)
    {
        if (_nodes[node].IsHung) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        if (_nodes[node].IsDown) throw new TsDbException(ErrorKind.Unavailable, $"{node} is not reached");
    }
}
