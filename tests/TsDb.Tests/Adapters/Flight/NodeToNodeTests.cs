using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;

namespace TsDb.Tests.Adapters.Flight;

/// <summary>Node a asks node b over a real connection; what arrives is what was said.</summary>
public sealed class NodeToNodeTests : IAsyncDisposable
{
    private static readonly NodeId B = new("b");
    private static readonly Leaf Leaf = FakeDesk.Leaf;
    private static readonly Cell Cell = Leaf.Cell;

    private readonly NodeChannels _channels = new(NullLoggerFactory.Instance);
    private readonly FakeCluster _a = new("a");
    private readonly FakeCluster _b = new("b");
    private readonly FakeDesk _desk = new();
    private readonly Sink _sink = new();
    private readonly Queries _queries = new();
    private WebApplication? _host;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _channels.Dispose();
        if (_host is not null) await _host.DisposeAsync();
    }

    [Fact]
    public async Task Questions_about_leaves_arrive_as_they_were_asked()
    {
        GrpcPeerLink link = await StartAsync(FakeCluster.Id);
        StoredNotice notice =
            new(new NodeId("a"), FakeCluster.Id, new Epoch(3), [new(Leaf, true), new(Leaf, false)]);
        StoredReply reply = await link.StoredAsync(B, notice, Ct);
        Assert.Equal([HeldState.Counted, HeldState.Absent], reply.Has);
        Assert.Equal(notice.Leaves, _desk.Notice!.Leaves);
        Assert.Equal(notice with { Leaves = [] }, _desk.Notice with { Leaves = [] });
        LeafDigest digest = LeafDigest.Of(Leaf);
        Assert.Equal(
            [new(new ShardId(3), digest, true)], await link.ShardDigestsAsync(B, [new ShardId(3)], Ct));
        Assert.Equal([new(Cell.Table, Cell.Day, digest)], await link.DayDigestsAsync(B, new ShardId(3), Ct));
        Assert.Equal([new(Leaf, 77)], await link.LeavesAsync(B, new ShardId(3), Cell.Table, Cell.Day, Ct));
        Assert.Equal("bytes"u8.ToArray(), (await link.FetchAsync(B, Leaf, 2, 5, Ct)).Bytes.ToArray());
        _desk.Run = new LeafRun(ContentHash.Of("file"u8), new Ordinal(3), [ContentHash.Of("w"u8), Leaf.Hash]);
        LeafRun run = (await link.FetchAsync(B, Leaf, 2, 5, Ct)).Run!;
        Assert.Equal((_desk.Run.File, _desk.Run.First), (run.File, run.First));
        Assert.Equal(_desk.Run.Leaves, run.Leaves);
        TsDbException missing = await Assert.ThrowsAsync<TsDbException>(
            () => link.FetchAsync(B, Leaf with { Ordinal = new Ordinal(5) }, 0, 5, Ct));
        Assert.Equal(ErrorKind.NotFound, missing.Kind);
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_and_one_that_is_away_is_unavailable()
    {
        GrpcPeerLink link = await StartAsync(new ClusterId(new Guid(8, 0, 0, new byte[8])));
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(
            () => link.DayDigestsAsync(B, new ShardId(3), Ct));
        Assert.Contains("belongs to cluster", refused.Message, StringComparison.Ordinal);
        await _host!.StopAsync(Ct);
        TsDbException away = await Assert.ThrowsAsync<TsDbException>(
            () => link.DayDigestsAsync(B, new ShardId(3), Ct));
        Assert.Equal(ErrorKind.Unavailable, away.Kind);
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() =>
                link.DayDigestsAsync(new NodeId("z"), default, Ct))).Kind);
    }

    [Fact]
    public async Task Heartbeats_are_heard_on_both_sides()
    {
        await StartAsync(FakeCluster.Id);
        Sink heardByA = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        CloudIdentity identity = new(new NodeId("a"), _a.Current!.Members[0].DirectoryId);
        Task running = new HeartbeatLoop(
            identity, _a, _channels, heardByA, TimeSpan.FromMilliseconds(10), TimeProvider.System)
                .RunAsync(stop.Token);
        Assert.Equal(
            B, await heardByA.First.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Ct));
        Assert.Equal(
            identity.Id, await _sink.First.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Ct));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_member_whose_lines_do_not_open_is_told_by_gRPC()
    {
        await StartAsync(FakeCluster.Id);
        using QuestionLines lines = new(
            _a, _ => NodeProtocol.Version, () => new ClusterPreface(
                ClusterPurpose.Question, FakeCluster.Id, _a.Current!.Members[0].DirectoryId, ""));
        Sink heardByA = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        HeartbeatLoop loop = new(
            new CloudIdentity(new NodeId("a"), _a.Current!.Members[0].DirectoryId), _a, _channels, heardByA,
            TimeSpan.FromMilliseconds(10), TimeProvider.System)
        {
            Lines = lines,
        };
        Task running = loop.RunAsync(stop.Token);
        Assert.Equal(
            B, await heardByA.First.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Ct));
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_defect_in_a_heartbeat_is_said_at_once_and_the_next_one_comes()
    {
        await StartAsync(FakeCluster.Id);
        FailingSink sink = new();
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task running = new HeartbeatLoop(
            new CloudIdentity(new NodeId("a"), _a.Current!.Members[0].DirectoryId), _a, _channels, sink,
            TimeSpan.FromMilliseconds(10), TimeProvider.System).RunAsync(stop.Token);
        TimeSpan within = TimeSpan.FromSeconds(10);
        (NodeId node, Exception error) = await sink.Failure.Task.WaitAsync(within, TimeProvider.System, Ct);
        Assert.Equal((B, "a defect"), (node, error.Message));
        await sink.Second.Task.WaitAsync(within, TimeProvider.System, Ct);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_member_that_has_just_called_is_not_called()
    {
        await StartAsync(FakeCluster.Id);
        Sink heardByA = new() { IsHeardLately = true };
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task running = new HeartbeatLoop(
            new CloudIdentity(new NodeId("a"), _a.Current!.Members[0].DirectoryId), _a, _channels, heardByA,
            TimeSpan.FromMilliseconds(10), TimeProvider.System).RunAsync(stop.Token);
        await heardByA.Asked.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Ct);
        Assert.False(_sink.First.Task.IsCompleted);
        heardByA.IsHeardLately = false;
        await _sink.First.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, Ct);
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData(NodeProtocol.LineDigests)]
    [InlineData(NodeProtocol.LineDigests - 1)]
    public async Task Digests_are_asked_by_gRPC_of_an_older_member_and_where_lines_do_not_open(uint version)
    {
        await StartAsync(FakeCluster.Id);
        bool hasTried = false;
        using QuestionLines lines = new(_a, _ => version, () =>
        {
            hasTried = true;
            return new ClusterPreface(
                ClusterPurpose.Question, FakeCluster.Id, _a.Current!.Members[0].DirectoryId, "");
        });
        GrpcPeerLink link = new(_a, _channels) { Lines = lines };
        Assert.Equal(
            [new(new ShardId(3), LeafDigest.Of(Leaf), true)],
            await link.ShardDigestsAsync(B, [new ShardId(3)], Ct));
        Assert.Equal(version >= NodeProtocol.LineDigests, hasTried);
        TsDbException wrong = await Assert.ThrowsAsync<TsDbException>(
            () => link.ShardDigestsAsync(B, [new ShardId(1 << 20)], Ct));
        Assert.Contains($"no shard {1 << 20}", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_member_is_asked_for_catalogs_and_fragments_by_gRPC()
    {
        await StartAsync(FakeCluster.Id);
        using QuestionLines lines = new(
            _a, _ => NodeProtocol.QuestionLines - 1, () => throw new InvalidOperationException("no line"));
        LocalQueries unused = new(_queries, _queries);
        GrpcCatalogClient catalog = new(_a, _channels, lines, unused);
        CatalogQuestion question = new(
            [new TableQuestion("D",
                "t", [new KnownTable(Cell.Table, new CatalogVersion(new Guid(1, 2, 3, new byte[8]), 5))])]);
        CatalogAnswer answer = await catalog.AskAsync(B, question, Ct);
        Assert.Equal(question.Tables[0].Known, _queries.Question!.Tables[0].Known);
        Assert.Equal(Queries.Answer.Tables[0].Columns, answer.Tables[0].Columns);
        Assert.Equal(Queries.Answer.Tables[0].Cells, answer.Tables[0].Cells);
        Assert.Equal(Queries.Answer.Version, answer.Version);
        Assert.Equal([Leaf], await catalog.LeavesAsync(B, [Cell], Ct));
        Assert.Equal(Queries.Answer.Version, await catalog.FetchAsync(B, [Leaf], new NodeId("a"), Ct));

        FragmentRequest request = new()
        {
            Fragment = new PlannedFragment
            {
                ResultName = "__r",
                Sql = "SELECT 1 AS x FROM t",
                RelationName = "t",
                Table = new ResolvedTable(
                    Cell.Table, [new("v_1", "v", ColumnRole.Field, ResolvedType.HugeInt, true)]),
                Scope = new ScanScope(new TimeRange(-5, 9), new HashSet<EdgeId> { Cell.Edge }, null),
            },
            ShardCount = 64,
            Shards = [new ShardId(1), new ShardId(63)],
            Except = [Cell],
            AtLeast = Queries.Answer.Version,
            Erasures = 7,
            Limits = new SqlLimits { MemoryBytesMax = 5, DurationMax = TimeSpan.FromSeconds(7) },
        };
        await using ISqlResult result =
            await new FlightFragmentClient(_a, _channels, lines, unused).RunAsync(B, request, Ct);
        Assert.Equal("x", result.Schema.FieldsList.Single().Name);
        RequireSame(request, _queries.Fragment!);

        // In one breath: the question for the catalog, the fragment, and the rows of it.
        answer = await catalog.AskAsync(B, question with { Fragment = request }, Ct);
        RequireSame(request, _queries.Question!.Fragment!);
        Assert.Equal(Queries.Answer.Version, answer.Early!.Version);
        Apache.Arrow.RecordBatch rows = Assert.Single(answer.Early.Batches);
        Assert.Equal([7, null, 9], Assert.IsType<Apache.Arrow.Int32Array>(rows.Column(0)));
    }

    private static void RequireSame(FragmentRequest request, FragmentRequest arrived)
    {
        Assert.Equal(request.Shards, arrived.Shards);
        Assert.Equal(request.Except, arrived.Except);
        Assert.Equal(request.Limits, arrived.Limits);
        Assert.Equal(request.AtLeast, arrived.AtLeast);
        Assert.Equal(request.Erasures, arrived.Erasures);
        Assert.Equal(request.Fragment.Sql, arrived.Fragment.Sql);
        Assert.Equal(request.Fragment.Table.Columns, arrived.Fragment.Table.Columns);
        Assert.Equal(request.Fragment.Scope.Range, arrived.Fragment.Scope.Range);
        Assert.Equal(request.Fragment.Scope.Edges, arrived.Fragment.Scope.Edges);
        Assert.Null(arrived.Fragment.Scope.Columns);
    }

    private async Task<GrpcPeerLink> StartAsync(ClusterId clusterOfB)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(new TestLog());
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AllowAlternateSchemes = true;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttp1AndGrpc());
        });
        builder.Services.AddSingleton<IAuthorizer, OpenAuthorizer>();
        builder.Services.AddSingleton<IClusterState>(_b);
        builder.Services.AddSingleton<PeerDesk>(_desk);
        builder.Services.AddSingleton(new ErasureDesk(_b, _ => 0, () => []));
        builder.Services.AddSingleton<IHeartbeatSink>(_sink);
        builder.Services.AddSingleton(new CloudIdentity(B, new Guid(2, 0, 0, new byte[8])));
        builder.Services.AddSingleton(new LocalQueries(_queries, _queries));
        builder.Services.AddFlight().AddNodeService().AddQueryService();
        _host = builder.Build();
        _host.MapFlight();
        _host.MapNodeService();
        _host.MapQueryService();
        await _host.StartAsync(Ct);
        string address = new Uri(_host.Urls.Single()).Authority;
        _a.Found(address, FakeCluster.Id);
        _b.Found(address, clusterOfB);
        return new GrpcPeerLink(_a, _channels);
    }

    private sealed class Sink : IHeartbeatSink
    {
        private const int Often = 5;
        private volatile bool _isHeardLately;
        private int _asked;

        public bool IsHeardLately
        {
            get => _isHeardLately;
            set => _isHeardLately = value;
        }

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<NodeId> First { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeProvider Clock => TimeProvider.System;

        public void Heard(NodeId node, Guid directoryId, DateTimeOffset? itsClock, uint version) =>
            First.TrySetResult(node);

        public void Failed(NodeId node, Exception error) => First.TrySetException(error);

        public bool WasHeard(NodeId node, TimeSpan within)
        {
            if (Interlocked.Increment(ref _asked) == Often) Asked.TrySetResult();
            return IsHeardLately;
        }
    }

    /// <summary>Fails at the first sign of life.</summary>
    private sealed class FailingSink : IHeartbeatSink
    {
        private int _heard;

        public TaskCompletionSource<(NodeId Node, Exception Error)> Failure { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Second { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TimeProvider Clock => TimeProvider.System;

        public void Heard(NodeId node, Guid directoryId, DateTimeOffset? itsClock, uint version)
        {
            if (Interlocked.Increment(ref _heard) == 1) throw new InvalidOperationException("a defect");
            Second.TrySetResult();
        }

        public void Failed(NodeId node, Exception error) => Failure.TrySetResult((node, error));

        public bool WasHeard(NodeId node, TimeSpan within) => false;
    }

    private sealed class Queries : ICatalogClient, IFragmentClient
    {
        public static readonly CatalogAnswer Answer = new(
            new CatalogVersion(new Guid(4, 5, 6, new byte[8]), 12),
            [new ShardId(2)],
            ["d"],
            [new TableCatalog(
                Cell.Table,
                CatalogVersion.None,
                [new Column("host", ColumnRole.Tag, FieldType.String),
                    new Column("v", ColumnRole.Field, FieldType.UInt64)],
                [new CellFact(Cell.Edge, Cell.Day, LeafDigest.Of(Leaf), new TimeRange(-9, -1))])]);

        public CatalogQuestion? Question { get; private set; }

        public FragmentRequest? Fragment { get; private set; }

        public Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct)
        {
            Question = question;
            return Task.FromResult(question.Fragment is null ? Answer : Answer with { Early = Early() });
        }

        private static EarlyRows Early()
        {
            Apache.Arrow.Schema schema = new Empty().Schema;
            Apache.Arrow.Int32Array values =
                new Apache.Arrow.Int32Array.Builder().Append(7).AppendNull().Append(9).Build();
            return new EarlyRows(Answer.Version, schema, [new Apache.Arrow.RecordBatch(schema, [values], 3)]);
        }

        public Task<ImmutableArray<Leaf>> LeavesAsync(
            NodeId node, ImmutableArray<Cell> cells, CancellationToken ct) =>
            Task.FromResult(ImmutableArray.Create(Leaf));

        public Task<CatalogVersion> FetchAsync(
            NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct) =>
            Task.FromResult(Answer.Version);

        public Task<ISqlResult> RunAsync(NodeId node, FragmentRequest request, CancellationToken ct)
        {
            Fragment = request;
            return Task.FromResult<ISqlResult>(new Empty());
        }
    }

    private sealed class Empty : ISqlResult
    {
        public Apache.Arrow.Schema Schema { get; } = new Apache.Arrow.Schema.Builder()
            .Field(new Apache.Arrow.Field("x", Apache.Arrow.Types.Int32Type.Default, true)).Build();

        public async IAsyncEnumerable<Apache.Arrow.RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            yield break;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
