using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Tests.Formats;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Node b sends node a the rows of a fragment right behind what it says of its catalog.</summary>
public sealed class RowsBehindTests : IAsyncDisposable
{
    private const int RowsMany = 100_000;
    private static readonly NodeId B = LinePair.Callee;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly LinePair _pair = new();

    public RowsBehindTests()
    {
        _pair.Lines.WaitMax = Soon;
        _pair.Start();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static CatalogQuestion Question => new([new TableQuestion("d", "t", [])])
    {
        Fragment = WireFormats.Fragment() with
        {
            AtLeast = LineQueries.Answer.Version with { Number = LineQueries.Answer.Version.Number - 1 },
        },
    };

    public ValueTask DisposeAsync() => _pair.DisposeAsync();

    [Fact]
    public async Task Rows_come_behind_the_answer_and_the_line_goes_on()
    {
        _pair.Queries.Rows = RowsMany;
        for (int i = 0; i < 3; i++) Assert.Equal(RowsMany, await CountAsync(await AskAsync(Question)));

        // What a plan on that answer asks for.
        Assert.Equal(LineQueries.Answer.Version, _pair.Queries.Fragment!.AtLeast);
        Assert.Null((await AskAsync(Question with { Fragment = null })).Behind);
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task A_task_that_waits_has_them_too()
    {
        _pair.Queries.Rows = RowsMany;
        Assert.Equal(RowsMany, await CountAsync(await _pair.Catalogs.AskAsync(B, Question, Ct)));
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task Rows_that_nobody_takes_stop_the_other_node_and_the_next_question_has_its_own_answer()
    {
        _pair.Queries.GoesOn = true;
        RowsUnderWay underWay = new();
        underWay.Add((await AskAsync(Question)).Behind);
        underWay.Dispose();
        await _pair.Queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
        _pair.Queries.GoesOn = false;
        _pair.Queries.Rows = 5;
        CatalogAnswer next = await AskAsync(Question);
        Assert.Equal(LineQueries.Answer.Recovering, next.Recovering);
        Assert.Equal(5, await CountAsync(next));
    }

    [Fact]
    public async Task Rows_of_an_answer_that_comes_too_late_are_given_up_at_once()
    {
        _pair.Queries.GoesOn = true;
        RowsUnderWay underWay = new();
        underWay.Dispose();
        RowsBehind late = (await AskAsync(Question)).Behind!;
        underWay.Add(late);
        await _pair.Queries.Stopped.Task.WaitAsync(Soon, TimeProvider.System, Ct);
        Assert.Null(late.TryTake(Ct));
    }

    [Fact]
    public async Task Taken_rows_are_taken_once_and_are_nobody_elses_to_give_up()
    {
        _pair.Queries.Rows = RowsMany;
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
        _pair.Queries.ErrorAtEnd = new TsDbException(ErrorKind.Conflict, "opened anew");
        CatalogAnswer answer = await AskAsync(Question);
        Assert.Equal(LineQueries.Answer.Version, answer.Version);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => CountAsync(answer));
        Assert.Equal((ErrorKind.Conflict, "opened anew"), (error.Kind, error.Message));
        _pair.Queries.ErrorAtEnd = null;
        Assert.Equal(0, await CountAsync(await AskAsync(Question)));
        Assert.Equal(1, _pair.Taken);
    }

    [Fact]
    public async Task No_rows_follow_where_the_catalog_is_not_the_one_that_was_thought_of()
    {
        CatalogQuestion question = Question with { Fragment = WireFormats.Fragment() };
        Assert.Null((await AskAsync(question)).Behind);
    }

    private async Task<CatalogAnswer> AskAsync(CatalogQuestion question)
    {
        ICatalogCall call = _pair.Catalogs.Ask(B, question, Ct);
        call.Wait();
        return await call.AnswerAsync();
    }

    private static Task<long> CountAsync(CatalogAnswer answer) => CountAsync(answer.Behind!.TryTake(Ct)!);

    private static Task<long> CountAsync(Func<Task<ISqlResult>> open) => LinePair.CountAsync(open, Ct);
}
