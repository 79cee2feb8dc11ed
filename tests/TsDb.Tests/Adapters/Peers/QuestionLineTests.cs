using System.Net;
using TsDb.Adapters.Flight;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Receiving;
using TsDb.Tests.Formats;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node a asks node b on lines to its real cluster port.</summary>
public sealed class QuestionLineTests : IAsyncDisposable
{
    private const int RowsMany = 100_000;
    private static readonly NodeId B = LinePair.Callee;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly LinePair _pair = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static CatalogQuestion Question => new(
        [new TableQuestion("D", "t", [new KnownTable(new TableId("d", "t"), CatalogVersion.None)])])
    {
        ColumnsOnce = true,
    };

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Questions_and_answers_arrive_as_they_were_said_one_after_the_other_on_two_lines()
    {
        _pair.Start();
        for (int i = 0; i < 3; i++)
        {
            CatalogAnswer answer = await _pair.Catalogs.AskAsync(B, Question, Ct);
            Assert.Equal(LineQueries.Answer.Version, answer.Version);
            Assert.Equal(LineQueries.Answer.Recovering, answer.Recovering);
            Assert.Equal(Question.Tables[0].Known, _pair.Queries.Question!.Tables[0].Known);
            Assert.True(_pair.Queries.Question.ColumnsOnce);
            Assert.Equal(RowsMany, await CountAsync(RowsMany));
            Assert.Equal(0, await CountAsync(0));
        }

        // One that tasks wait for, and one that threads may.
        Assert.Equal(2, _pair.Taken);
    }

    [Fact]
    public async Task A_thread_that_waits_has_the_answer_and_all_its_questions_go_on_one_line()
    {
        _pair.Lines.WaitMax = Soon;
        _pair.Start();
        for (int i = 0; i < 5; i++)
        {
            ICatalogCall call = _pair.Catalogs.Ask(B, Question, Ct);
            call.Wait();
            Task<CatalogAnswer> answer = call.AnswerAsync();
            Assert.True(i == 0 || answer.IsCompleted);
            Assert.Equal(LineQueries.Answer.Version, (await answer).Version);
        }

        _pair.Queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew");
        ICatalogCall refused = _pair.Catalogs.Ask(B, Question, Ct);
        refused.Wait();
        Assert.Equal(
            ErrorKind.Conflict, (await Assert.ThrowsAsync<TsDbException>(refused.AnswerAsync)).Kind);
        _pair.Queries.Error = null;
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task A_thread_does_not_wait_for_long_and_the_answer_comes_later()
    {
        _pair.Start();
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        TaskCompletionSource hold = new();
        _pair.Queries.Hold = hold.Task;
        ICatalogCall call = _pair.Catalogs.Ask(B, Question, Ct);
        call.Wait();
        Task<CatalogAnswer> answer = call.AnswerAsync();
        Assert.False(answer.IsCompleted);
        hold.SetResult();
        Assert.Equal(LineQueries.Answer.Version, (await answer).Version);
    }

    [Fact]
    public async Task A_thread_that_waits_for_a_node_that_was_restarted_asks_on_a_new_line()
    {
        _pair.Lines.WaitMax = Soon;
        IPEndPoint bound = _pair.Start();
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        await _pair.StopAsync();
        _pair.Start(bound);
        ICatalogCall call = _pair.Catalogs.Ask(B, Question, Ct);
        call.Wait();
        Assert.Equal(LineQueries.Answer.Version, (await call.AnswerAsync()).Version);
        Assert.Equal(1, _pair.Taken);
        await _pair.StopAsync();
        ICatalogCall lost = _pair.Catalogs.Ask(B, Question, Ct);
        lost.Wait();
        Assert.Equal(
            ErrorKind.Unavailable, (await Assert.ThrowsAsync<TsDbException>(lost.AnswerAsync)).Kind);
    }

    [Fact]
    public async Task Rows_that_were_begun_come_to_a_thread_that_waits_on_the_line_of_its_questions()
    {
        _pair.Lines.WaitMax = Soon;
        _pair.Start();
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(RowsMany, await CountAsync(RowsMany, _pair.Fragments.Begin));
            Assert.Equal(0, await CountAsync(0, _pair.Fragments.Begin));
        }

        _pair.Queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew");
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(
            () => CountAsync(1, _pair.Fragments.Begin));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (refused.Kind, refused.Message));
        _pair.Queries.Error = null;
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task Rows_that_were_begun_come_though_no_thread_may_wait_for_them_so_long()
    {
        _pair.Lines.WaitMax = TimeSpan.Zero;
        _pair.Start();
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        Assert.Equal(RowsMany, await CountAsync(RowsMany, _pair.Fragments.Begin));
    }

    [Fact]
    public async Task Rows_of_a_node_that_was_restarted_are_begun_anew_and_of_one_that_is_away_unavailable()
    {
        IPEndPoint bound = _pair.Start();
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        await _pair.StopAsync();
        _pair.Start(bound);
        Assert.Equal(5, await CountAsync(5, _pair.Fragments.Begin));
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        await _pair.StopAsync();
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() => CountAsync(5, _pair.Fragments.Begin))).Kind);
    }

    [Fact]
    public async Task A_refusal_keeps_its_kind_and_the_line_goes_on()
    {
        _pair.Start();
        _pair.Queries.Error = new TsDbException(ErrorKind.Conflict, "opened anew")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };
        TsDbException catalog = await Assert.ThrowsAsync<TsDbException>(
            () => _pair.Catalogs.AskAsync(B, Question, Ct));
        TsDbException rows = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(1));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (catalog.Kind, catalog.Message));
        Assert.Equal(TimeSpan.FromSeconds(2), catalog.RetryAfter);
        Assert.Equal(ErrorKind.Conflict, rows.Kind);
        _pair.Queries.Error = null;
        Assert.Equal(7, await CountAsync(7));
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task An_error_after_the_first_rows_ends_them()
    {
        _pair.Start();
        _pair.Queries.ErrorAtEnd = new TsDbException(ErrorKind.TooLarge, "too many");
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(RowsMany));
        Assert.Equal((ErrorKind.TooLarge, "too many"), (error.Kind, error.Message));
    }

    [Fact]
    public async Task A_node_that_was_restarted_is_asked_on_a_new_line_and_one_that_is_away_is_unavailable()
    {
        IPEndPoint bound = _pair.Start();
        await _pair.Catalogs.AskAsync(B, Question, Ct);
        await _pair.StopAsync();
        Assert.Equal(
            ErrorKind.Unavailable,
            (await Assert.ThrowsAsync<TsDbException>(() => _pair.Catalogs.AskAsync(B, Question, Ct))).Kind);
        _pair.Start(bound);
        await _pair.Catalogs.AskAsync(B, Question, Ct);
        await _pair.StopAsync();
        _pair.Start(bound);
        Assert.Equal(5, await CountAsync(5));
    }

    [Fact]
    public async Task Whoever_stops_reading_stops_the_other_node()
    {
        _pair.Start();
        _pair.Queries.GoesOn = true;
        ISqlResult result = await _pair.Fragments.RunAsync(B, WireFormats.Fragment(), Ct);
        await result.DisposeAsync();
        await _pair.Queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
    }

    [Fact]
    public async Task Heartbeats_go_on_a_line_of_their_own_and_find_a_node_that_was_restarted()
    {
        IPEndPoint bound = _pair.Start();
        HeartbeatSink heardByA = new();
        CloudIdentity identity = new(new NodeId("a"), _pair.A.Current!.Members[0].DirectoryId);
        HeartbeatLoop loop = new(
            identity, _pair.A, _pair.Channels, heardByA, TimeSpan.FromMilliseconds(5), TimeProvider.System)
        {
            Lines = _pair.Lines,
        };
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task running = loop.RunAsync(stop.Token);
        Assert.Equal(B, await heardByA.NextAsync(Ct));
        Assert.Equal(identity.Id, await _pair.HeardByB.NextAsync(Ct));

        // A question leaves the line of the heartbeats alone.
        await _pair.Catalogs.Ask(B, Question, Ct).AnswerAsync();
        for (int i = 0; i < 3; i++) await heardByA.NextAsync(Ct);
        Assert.Equal(2, _pair.Taken);
        await _pair.StopAsync();
        _pair.Start(bound);
        heardByA.Forget();
        Assert.Equal(B, await heardByA.NextAsync(Ct));
        await stop.CancelAsync();
        await running;
        Assert.Null(heardByA.Failure);
    }

    private Task<long> CountAsync(int rows) =>
        CountAsync(rows, (node, request, ct) => () => _pair.Fragments.RunAsync(node, request, ct));

    private async Task<long> CountAsync(
        int rows, Func<NodeId, FragmentRequest, CancellationToken, Func<Task<ISqlResult>>> begin)
    {
        _pair.Queries.Rows = rows;
        return await LinePair.CountAsync(begin(B, WireFormats.Fragment(), Ct), Ct);
    }
}
