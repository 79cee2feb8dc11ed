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

/// <summary>Node b sends node a the rows of a fragment right behind what it says of its catalog.</summary>
public sealed class RowsBehindTests : IAsyncDisposable
{
    private const int RowsMany = 100_000;
    private static readonly NodeId B = new("b");
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly FakeCluster _a = new("a");
    private readonly FakeCluster _b = new("b");
    private readonly NodeChannels _channels = new(NullLoggerFactory.Instance);
    private readonly LineQueries _queries = new();
    private readonly QuestionLines _lines;
    private readonly GrpcCatalogClient _catalogs;
    private readonly LineCallee _callee;
    private readonly ClusterListener _listener;

    public RowsBehindTests()
    {
        _lines = new QuestionLines(
            _a, _ => NodeProtocol.Version, () => new ClusterPreface(
                ClusterPurpose.Question, FakeCluster.Id, _a.Current!.Members[0].DirectoryId, ""))
        {
            WaitMax = Soon,
        };
        _catalogs = new GrpcCatalogClient(_a, _channels, _lines, new LocalQueries(_queries, _queries));
        _callee = new LineCallee(new QuestionServer(
            B, new LocalQueries(_queries, _queries), TimeProvider.System, NullLogger.Instance)
        {
            Heartbeats = new HeartbeatDesk(
                _b, new CloudIdentity(B, new Guid(2, 0, 0, new byte[8])), new HeartbeatSink()),
            Digests = new DigestDesk(new FakeDesk(), _b),
        });
        _listener = new ClusterListener(_callee, TimeProvider.System, NullLogger.Instance);
        string address = _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0)).ToString();
        _listener.Start();
        _a.Found(address, FakeCluster.Id);
        _b.Found(address, FakeCluster.Id);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static CatalogQuestion Question => new([new TableQuestion("d", "t", [])])
    {
        Fragment = WireFormats.Fragment() with
        {
            AtLeast = LineQueries.Answer.Version with { Number = LineQueries.Answer.Version.Number - 1 },
        },
    };

    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        await _listener.DisposeAsync();
        _callee.Server.Dispose();
        _channels.Dispose();
    }

    [Fact]
    public async Task Rows_come_behind_the_answer_and_the_line_goes_on()
    {
        _queries.Rows = RowsMany;
        for (int i = 0; i < 3; i++) Assert.Equal(RowsMany, await CountAsync(await AskAsync(Question)));

        // What a plan on that answer asks for.
        Assert.Equal(LineQueries.Answer.Version, _queries.Fragment!.AtLeast);
        Assert.Null((await AskAsync(Question with { Fragment = null })).Behind);
        Assert.Equal(1, _callee.Taken);
    }

    [Fact]
    public async Task A_task_that_waits_has_them_too()
    {
        _queries.Rows = RowsMany;
        Assert.Equal(RowsMany, await CountAsync(await _catalogs.AskAsync(B, Question, Ct)));
        Assert.Equal(1, _callee.Taken);
    }

    [Fact]
    public async Task Rows_that_nobody_takes_stop_the_other_node_and_the_next_question_has_its_own_answer()
    {
        _queries.GoesOn = true;
        RowsUnderWay underWay = new();
        underWay.Add((await AskAsync(Question)).Behind);
        underWay.Dispose();
        await _queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
        _queries.GoesOn = false;
        _queries.Rows = 5;
        CatalogAnswer next = await AskAsync(Question);
        Assert.Equal(LineQueries.Answer.Recovering, next.Recovering);
        Assert.Equal(5, await CountAsync(next));
    }

    [Fact]
    public async Task Rows_of_an_answer_that_comes_too_late_are_given_up_at_once()
    {
        _queries.GoesOn = true;
        RowsUnderWay underWay = new();
        underWay.Dispose();
        RowsBehind late = (await AskAsync(Question)).Behind!;
        underWay.Add(late);
        await _queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
        Assert.Null(late.TryTake(Ct));
    }

    [Fact]
    public async Task Taken_rows_are_taken_once_and_are_nobody_elses_to_give_up()
    {
        _queries.Rows = RowsMany;
        using RowsUnderWay underWay = new();
        RowsBehind rows = (await AskAsync(Question)).Behind!;
        underWay.Add(rows);
        Func<Task<ISqlResult>> open = rows.TryTake(Ct)!;
        Assert.Null(rows.TryTake(Ct));
        underWay.Dispose();
        Assert.Equal(RowsMany, await CountAsync(open));
    }

    [Fact]
    public async Task A_run_that_fails_is_said_to_whoever_takes_the_rows_and_the_line_goes_on()
    {
        _queries.ErrorAtEnd = new TsDbException(ErrorKind.Conflict, "opened anew");
        CatalogAnswer answer = await AskAsync(Question);
        Assert.Equal(LineQueries.Answer.Version, answer.Version);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(answer));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (error.Kind, error.Message));
        _queries.ErrorAtEnd = null;
        Assert.Equal(0, await CountAsync(await AskAsync(Question)));
        Assert.Equal(1, _callee.Taken);
    }

    [Fact]
    public async Task No_rows_follow_where_the_catalog_is_not_the_one_that_was_thought_of()
    {
        CatalogQuestion question = Question with { Fragment = WireFormats.Fragment() };
        Assert.Null((await AskAsync(question)).Behind);
    }

    private async Task<CatalogAnswer> AskAsync(CatalogQuestion question)
    {
        ICatalogCall call = _catalogs.Ask(B, question, Ct);
        call.Wait();
        return await call.AnswerAsync();
    }

    private static Task<long> CountAsync(CatalogAnswer answer) => CountAsync(answer.Behind!.TryTake(Ct)!);

    private static async Task<long> CountAsync(Func<Task<ISqlResult>> open)
    {
        await using ISqlResult result = await open();
        Assert.Equal("x", result.Schema.FieldsList.Single().Name);
        long count = 0;
        await foreach (RecordBatch batch in result.ReadAsync(Ct))
        {
            using (batch) count += batch.Length;
        }

        return count;
    }
}
