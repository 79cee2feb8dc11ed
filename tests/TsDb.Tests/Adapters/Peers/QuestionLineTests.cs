using System.Net;
using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Peers;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Receiving;
using TsDb.Tests.Adapters.Flight;
using TsDb.Tests.Formats;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node a asks node b on lines to its real cluster port.</summary>
public sealed class QuestionLineTests : IAsyncDisposable
{
    private const int RowsMany = 100_000;
    private static readonly NodeId B = new("b");
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private static readonly Guid DirectoryOfB = new(2, 0, 0, new byte[8]);

    private readonly FakeCluster _a = new("a");
    private readonly FakeCluster _b = new("b");
    private readonly HeartbeatSink _heardByB = new();
    private readonly NodeChannels _channels = new(NullLoggerFactory.Instance);
    private readonly LineQueries _queries = new();
    private readonly QuestionLines _lines;
    private readonly GrpcCatalogClient _catalogs;
    private readonly FlightFragmentClient _fragments;
    private LineCallee? _callee;
    private ClusterListener? _listener;

    public QuestionLineTests()
    {
        _lines = new QuestionLines(
            _a, _ => NodeProtocol.Version, () => new ClusterPreface(
                ClusterPurpose.Question, FakeCluster.Id, _a.Current!.Members[0].DirectoryId, ""));
        LocalQueries unused = new(_queries, _queries);
        _catalogs = new GrpcCatalogClient(_a, _channels, _lines, unused);
        _fragments = new FlightFragmentClient(_a, _channels, _lines, unused);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static CatalogQuestion Question => new(
        [new TableQuestion("D", "t", [new KnownTable(new TableId("d", "t"), CatalogVersion.None)])])
    {
        ColumnsOnce = true,
    };

    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        await StopAsync();
        _channels.Dispose();
    }

    [Fact]
    public async Task Questions_and_answers_arrive_as_they_were_said_one_after_the_other_on_two_lines()
    {
        Start();
        for (int i = 0; i < 3; i++)
        {
            CatalogAnswer answer = await _catalogs.AskAsync(B, Question, Ct);
            Assert.Equal(LineQueries.Answer.Version, answer.Version);
            Assert.Equal(LineQueries.Answer.Recovering, answer.Recovering);
            Assert.Equal(Question.Tables[0].Known, _queries.Question!.Tables[0].Known);
            Assert.True(_queries.Question.ColumnsOnce);
            Assert.Equal(RowsMany, await CountAsync(RowsMany));
            Assert.Equal(0, await CountAsync(0));
        }

        // One that tasks wait for, and one that threads may.
        Assert.Equal(2, _callee!.Taken);
    }

    [Fact]
    public async Task A_thread_that_waits_has_the_answer_and_all_its_questions_go_on_one_line()
    {
        _lines.WaitMax = Soon;
        Start();
        for (int i = 0; i < 5; i++)
        {
            ICatalogCall call = _catalogs.Ask(B, Question, Ct);
            call.Wait();
            Task<CatalogAnswer> answer = call.AnswerAsync();
            Assert.True(i == 0 || answer.IsCompleted);
            Assert.Equal(LineQueries.Answer.Version, (await answer).Version);
        }

        _queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew");
        ICatalogCall refused = _catalogs.Ask(B, Question, Ct);
        refused.Wait();
        Assert.Equal(
            ErrorKind.Conflict, (await Assert.ThrowsAsync<TsDbException>(refused.AnswerAsync)).Kind);
        _queries.Error = null;
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(1, _callee!.Taken);
    }

    [Fact]
    public async Task A_thread_does_not_wait_for_long_and_the_answer_comes_later()
    {
        Start();
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        TaskCompletionSource hold = new();
        _queries.Hold = hold.Task;
        ICatalogCall call = _catalogs.Ask(B, Question, Ct);
        call.Wait();
        Task<CatalogAnswer> answer = call.AnswerAsync();
        Assert.False(answer.IsCompleted);
        hold.SetResult();
        Assert.Equal(LineQueries.Answer.Version, (await answer).Version);
    }

    [Fact]
    public async Task A_thread_that_waits_for_a_node_that_was_restarted_asks_on_a_new_line()
    {
        _lines.WaitMax = Soon;
        IPEndPoint bound = Start();
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        await StopAsync();
        Start(bound);
        ICatalogCall call = _catalogs.Ask(B, Question, Ct);
        call.Wait();
        Assert.Equal(LineQueries.Answer.Version, (await call.AnswerAsync()).Version);
        Assert.Equal(1, _callee!.Taken);
        await StopAsync();
        ICatalogCall lost = _catalogs.Ask(B, Question, Ct);
        lost.Wait();
        Assert.Equal(
            ErrorKind.Unavailable, (await Assert.ThrowsAsync<TsDbException>(lost.AnswerAsync)).Kind);
    }

    [Fact]
    public async Task Rows_that_were_begun_come_to_a_thread_that_waits_on_the_line_of_its_questions()
    {
        _lines.WaitMax = Soon;
        Start();
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(RowsMany, await CountAsync(RowsMany, _fragments.Begin));
            Assert.Equal(0, await CountAsync(0, _fragments.Begin));
        }

        _queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew");
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(
            () => CountAsync(1, _fragments.Begin));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (refused.Kind, refused.Message));
        _queries.Error = null;
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(1, _callee!.Taken);
    }

    [Fact]
    public async Task Rows_that_were_begun_come_though_no_thread_may_wait_for_them_so_long()
    {
        _lines.WaitMax = TimeSpan.Zero;
        Start();
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(RowsMany, await CountAsync(RowsMany, _fragments.Begin));
    }

    [Fact]
    public async Task Rows_of_a_node_that_was_restarted_are_begun_anew_and_of_one_that_is_away_unavailable()
    {
        IPEndPoint bound = Start();
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        await StopAsync();
        Start(bound);
        Assert.Equal(5, await CountAsync(5, _fragments.Begin));
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        await StopAsync();
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() => CountAsync(5, _fragments.Begin))).Kind);
    }

    [Fact]
    public async Task A_refusal_keeps_its_kind_and_the_line_goes_on()
    {
        Start();
        _queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };
        TsDbException catalog = await Assert.ThrowsAsync<TsDbException>(
            () => _catalogs.AskAsync(B, Question, Ct));
        TsDbException rows = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(1));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (catalog.Kind, catalog.Message));
        Assert.Equal(TimeSpan.FromSeconds(2), catalog.RetryAfter);
        Assert.Equal(ErrorKind.Conflict, rows.Kind);
        _queries.Error = null;
        Assert.Equal(7, await CountAsync(7));
        Assert.Equal(1, _callee!.Taken);
    }

    [Fact]
    public async Task An_error_after_the_first_rows_ends_them()
    {
        Start();
        _queries.ErrorAtEnd = new TsDbException(ErrorKind.TooLarge, "too many");
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(RowsMany));
        Assert.Equal((ErrorKind.TooLarge, "too many"), (error.Kind, error.Message));
    }

    [Fact]
    public async Task A_node_that_was_restarted_is_asked_on_a_new_line_and_one_that_is_away_is_unavailable()
    {
        IPEndPoint bound = Start();
        await _catalogs.AskAsync(B, Question, Ct);
        await StopAsync();
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() => _catalogs.AskAsync(B, Question, Ct))).Kind);
        Start(bound);
        await _catalogs.AskAsync(B, Question, Ct);
        await StopAsync();
        Start(bound);
        Assert.Equal(5, await CountAsync(5));
    }

    [Fact]
    public async Task Whoever_stops_reading_stops_the_other_node()
    {
        Start();
        _queries.GoesOn = true;
        ISqlResult result = await _fragments.RunAsync(B, WireFormats.Fragment(), Ct);
        await result.DisposeAsync();
        await _queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
    }

    [Fact]
    public async Task Heartbeats_go_on_a_line_of_their_own_and_find_a_node_that_was_restarted()
    {
        IPEndPoint bound = Start();
        HeartbeatSink heardByA = new();
        CloudIdentity identity = new(new NodeId("a"), _a.Current!.Members[0].DirectoryId);
        HeartbeatLoop loop = new(
            identity, _a, _channels, heardByA, TimeSpan.FromMilliseconds(5), TimeProvider.System)
        {
            Lines = _lines,
        };
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task running = loop.RunAsync(stop.Token);
        Assert.Equal(B, await heardByA.NextAsync(Ct));
        Assert.Equal(identity.Id, await _heardByB.NextAsync(Ct));

        // A question leaves the line of the heartbeats alone.
        await _catalogs.Ask(B, Question, Ct).AnswerAsync();
        for (int i = 0; i < 3; i++) await heardByA.NextAsync(Ct);
        Assert.Equal(2, _callee!.Taken);
        await StopAsync();
        Start(bound);
        heardByA.Forget();
        Assert.Equal(B, await heardByA.NextAsync(Ct));
        await stop.CancelAsync();
        await running;
        Assert.Null(heardByA.Failure);
    }

    private Task<long> CountAsync(int rows) =>
        CountAsync(rows, (node, request, ct) => () => _fragments.RunAsync(node, request, ct));

    private async Task<long> CountAsync(
        int rows, Func<NodeId, FragmentRequest, CancellationToken, Func<Task<ISqlResult>>> begin)
    {
        _queries.Rows = rows;
        await using ISqlResult result = await begin(B, WireFormats.Fragment(), Ct)();
        Assert.Equal("x", result.Schema.FieldsList.Single().Name);
        long count = 0;
        await foreach (RecordBatch batch in result.ReadAsync(Ct))
        {
            for (int i = 0; i < batch.Length; i++)
                Assert.Equal(count++, ((Int64Array)batch.Column(0)).GetValue(i));
        }

        return count;
    }

    private IPEndPoint Start(IPEndPoint? at = null)
    {
        _callee = new LineCallee(new QuestionServer(
            B, new LocalQueries(_queries, _queries), TimeProvider.System, NullLogger.Instance)
        {
            Heartbeats = new HeartbeatDesk(_b, new CloudIdentity(B, DirectoryOfB), _heardByB),
            Digests = new DigestDesk(new FakeDesk(), _b),
        });
        _listener = new ClusterListener(_callee, TimeProvider.System, NullLogger.Instance);
        IPEndPoint bound = _listener.Bind(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Start();
        _a.Found(bound.ToString(), FakeCluster.Id);
        _b.Found(bound.ToString(), FakeCluster.Id);
        return bound;
    }

    private async Task StopAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        _callee?.Server.Dispose();
        _listener = null;
        _callee = null;
    }
}
