using System.Collections.Immutable;
using System.Globalization;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using TsDb.Tests.Adapters.DuckDb;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Query.Distributed;

/// <summary>
/// Cloud nodes with real segments and the real engine, and a network that fails as told. Messages go through
/// their
/// bytes.
/// </summary>
internal sealed class Fleet : IClusterWatch, ICatalogClient, IFragmentClient, IDisposable
{
    private const int ShardCount = 16;
    private static readonly Incarnation Born = new(new Guid("00000000-0000-0000-0000-000000000001"));

    private readonly EngineFixture _engine = new();
    private readonly TsDb.Adapters.DuckDb.DuckDbParser _parser = new();
    private readonly SortedDictionary<NodeId, FleetNode> _nodes = [];
    private readonly SortedDictionary<NodeId, CatalogDesk> _desks = [];
    private readonly List<(Leaf Leaf, SegmentRef Segment)> _all = [];

    public Fleet(int nodes, int replicas)
    {
        for (int i = 1; i <= nodes; i++)
        {
            NodeId id = new(string.Create(CultureInfo.InvariantCulture, $"n{i}"));
            FleetNode node = new(id, other => _nodes[other]);
            _nodes.Add(id, node);
            _desks.Add(id, new CatalogDesk(node));
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
        Planner = new Planner(_parser, _engine.Engine, TimeProvider.System);
        Coordinator = new Coordinator(Planner, _engine.Engine, this, this, this, TimeProvider.System);
    }

    public ClusterView? Current { get; set; }

    public Planner Planner { get; }

    public Coordinator Coordinator { get; }

    public int CatalogBytes { get; private set; }

    public int Questions { get; private set; }

    public IReadOnlyList<(Leaf Leaf, SegmentRef Segment)> All => _all;

    public FleetNode Node(string id) => _nodes[new NodeId(id)];

    public ImmutableArray<NodeId> OwnersOf(Cell cell) => Current!.Owners[ShardId.Of(cell, ShardCount).Value];

    /// <summary>One leaf of points, on all owners of its cell or on some of them.</summary>
    public Leaf Ship(string edge, int ordinal, IReadOnlyList<ModelPoint> points, Func<NodeId,
        bool>? reaches = null)
    {
        SegmentRef segment = _engine.Folder.Write(
            new EdgeId(edge), ordinal, points, ("v", FieldType.Float64), ("n", FieldType.Int64));
        Leaf leaf = new(
            segment.Manifest.Cell, Born, new Ordinal(ordinal),
                ContentHash.Of(File.ReadAllBytes(segment.Path)));
        _all.Add((leaf, segment));
        foreach (NodeId owner in OwnersOf(leaf.Cell))
        {
            if (reaches is null || reaches(owner)) _nodes[owner].Add(leaf, segment);
        }

        return leaf;
    }

    /// <summary>A few days of points of some edges.</summary>
    public void ShipDays(int edges, int days, int pointsADay)
    {
        for (int edge = 0; edge < edges; edge++)
        {
            for (int day = 0; day < days; day++)
            {
                for (int part = 0; part < 2; part++)
                    Ship($"e{edge}", part + 1, Points(edge, day, part * pointsADay, pointsADay));
            }
        }
    }

    public static List<ModelPoint> Points(int edge, int day, int first, int count) =>
    [
        .. Enumerable.Range(first, count).Select(i => new ModelPoint(
            new Dictionary<string, string> { ["host"] = $"h{i % 3}" },
            ((16_801L + day) * Day.NanosecondsLength) + (i * 1_000_000_000L) + edge,
            new Dictionary<string, object> { ["v"] = (i * 1.1) + day, ["n"] = (long)(i + edge) })),
    ];

    public async Task<(string Rows, Coverage Coverage)> AskAsync(string sql, Func<QueryRequest,
        QueryRequest>? with = null)
    {
        QueryRequest request = new() { Sql = sql, Database = "db" };
        QueryAnswer answer = await Coordinator.QueryAsync(
            with is null ? request : with(request), CancellationToken.None);
        await using (answer.Result) return (await EngineFixture.ReadAsync(answer.Result), answer.Coverage);
    }

    /// <summary>The same over all leaves at one place.</summary>
    public async Task<string> WholeAsync(string sql)
    {
        TableSnapshot snapshot = new(ModelBatches.Table, [.. _all.Select(entry => entry.Segment)], null);
        Relation.Points points = EngineFixture.Points(snapshot);
        TsDb.Query.Analysis.Statement statement = Planner.Parse(sql);
        LocalPlan plan = await Planner.PlanLocalAsync(
            statement, statement.Tables.ToDictionary(name => name, _ => points.Table),
                CancellationToken.None);
        return await _engine.AskAsync(
            plan.Sql,
            [.. plan.Scans.Select(scan =>
                new Relation.Points(scan.RelationName, scan.Table, snapshot, scan.Scope))]);
    }

    public bool IsLive(NodeId node) => !_nodes[node].IsDown;

    public async Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        await ReachAsync(node, ct);
        Questions++;
        byte[] answer = QueryMessages.Encode(
            _desks[node].Answer(QueryMessages.DecodeQuestion(QueryMessages.Encode(question))));
        CatalogBytes = answer.Length;
        return QueryMessages.DecodeAnswer(answer);
    }

    public async Task<ImmutableArray<Leaf>> LeavesAsync(
        NodeId node, ImmutableArray<Cell> cells, CancellationToken ct)
    {
        await ReachAsync(node, ct);
        ImmutableArray<Cell> asked = QueryMessages.DecodeCells(QueryMessages.Encode(cells));
        return QueryMessages.DecodeLeaves(QueryMessages.Encode(_desks[node].Leaves(asked)));
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
        await ReachAsync(node, ct);
        FragmentDesk desk = new(_nodes[node], _engine.Engine);
        return await desk.RunAsync(QueryMessages.DecodeRequest(QueryMessages.Encode(request)), ct);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _parser.Dispose();
    }

    private async Task ReachAsync(NodeId node, CancellationToken ct)
    {
        if (_nodes[node].IsHung) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
        if (_nodes[node].IsDown) throw new TsDbException(ErrorKind.Unavailable, $"{node} is not reached");
    }
}
