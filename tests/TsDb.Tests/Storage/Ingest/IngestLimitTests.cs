using System.Text;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>Limits of what requests bring: the line goes, with its reason, and the rest goes in.</summary>
public sealed class IngestLimitTests
{
    private static readonly long Now = (IngestRig.Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tag_gets_no_more_values_than_its_limit_in_one_request_or_many()
    {
        MemoryTarget target = new();
        IngestPipeline pipeline = new(target, IngestRig.Setup(new IngestLimits { TagValuesMax = 3 }));
        await WriteAsync(pipeline, "m,t=a f=1 1\nm,t=b,u=x f=2 2\nm,t=b,u=y f=3 3");
        ParsedPoints parsed = await WriteAsync(
            pipeline, "m,t=c f=4 4\nm,t=d f=5 5\nm,t=a f=6 6\nm,t=d f=7 7\nn,t=d f=8 8\nm,t=e,v=1 f=9 9");
        Assert.Equal([2, 4, 6], parsed.Refusals.Select(refusal => refusal.LineNumber));
        Assert.All(parsed.Refusals, refusal =>
        {
            Assert.Equal(RefusalKind.Limit, refusal.Kind);
            Assert.Contains("tag \"t\" of table \"m\" has its 3 values", refusal.Reason,
                StringComparison.Ordinal);
        });
        Assert.Equal([1, 2, 3, 4, 6], target.Points("db", "m").Select(point => (int)point.Time));
        Assert.Null(target.Schemas.Find(new TableId("db", "m"))!.Find("v"));
        Assert.Equal(1, (await WriteAsync(pipeline, "m,t=z f=1 1")).RefusedCount);
        Assert.Equal(0, (await WriteAsync(pipeline, "m,t=c,u=x f=1 9\nm,u=z f=1 9")).RefusedCount);
        Assert.Contains(pipeline.LimitsInUse, use => use is { Name: "tag_values", Used: 3, Max: 3 });
    }

    [Fact]
    public async Task Tag_values_are_counted_anew_every_day_and_not_for_what_was_never_stored()
    {
        Microsoft.Extensions.Time.Testing.FakeTimeProvider clock = new(IngestRig.Now);
        MemoryTarget target = new() { Failure = new TsDbException(ErrorKind.Unavailable, "full") };
        IngestSetup setup = new(new IngestLimits { TagValuesMax = 1 }, new NodeTime(clock), HashSeed: 4);
        IngestPipeline pipeline = new(target, setup);
        await Assert.ThrowsAsync<TsDbException>(() => WriteAsync(pipeline, "m,t=a f=1 1"));
        target.Failure = null;
        Assert.Equal(0, (await WriteAsync(pipeline, "m,t=b f=1 1")).RefusedCount);
        Assert.Equal(1, (await WriteAsync(pipeline, "m,t=c f=1 1")).RefusedCount);
        clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, (await WriteAsync(pipeline, "m,t=c f=1 1")).RefusedCount);
        Assert.Equal(1, (await WriteAsync(pipeline, "m,t=b f=1 1")).RefusedCount);
    }

    [Fact]
    public async Task Sensors_meet_the_limit_of_tag_values_as_well()
    {
        MemoryTarget target = new();
        IngestPipeline pipeline = new(target, IngestRig.Setup(new IngestLimits { TagValuesMax = 1 }));
        byte[] json = Encoding.UTF8.GetBytes(
            """
            [{"tags":{"t":"a"},"f":1,"time":1}, {"tags":{"t":"b"},"f":2,"time":2},
             {"tags":{"t":"a"},"f":3,"time":3}]
            """);
        ParsedPoints parsed = await pipeline.WriteJsonAsync(
            json, new SensorJsonRules("m", []), IngestRig.Rules(IngestDialect.Sensor), Ct);
        Assert.Equal((2, 1), (parsed.RowCount, parsed.RefusedCount));
    }

    [Theory]
    [InlineData(IngestDialect.V1)]
    [InlineData(IngestDialect.V2)]
    [InlineData(IngestDialect.V3)]
    [InlineData(IngestDialect.Sensor)]
    public void Points_too_far_from_now_are_refused_by_the_operators_rule(IngestDialect dialect)
    {
        long hour = TimeSpan.FromHours(1).Ticks * 100;
        IngestLimits limits = new() { FutureMax = TimeSpan.FromHours(1), PastMax = TimeSpan.FromHours(2) };
        string body = $"m f=1 {Now + hour}\nm f=2 {Now + hour + 1}\nm f=3 {Now - (2 * hour)}\n"
            + $"m f=4 {Now - (2 * hour) - 1}\nm f=5\nm f=6 {long.MaxValue - 10}";
        ParsedPoints parsed = IngestRig.Parse(body, IngestRig.Rules(dialect), limits: limits);
        Assert.Equal([1.0, 3.0, 5.0], IngestRig.Points(parsed).Select(point => (double)point.Fields["f"]));
        Assert.Equal([2, 4, 6], parsed.Refusals.Select(refusal => refusal.LineNumber));
        Assert.All(parsed.Refusals, refusal => Assert.Equal(RefusalKind.Limit, refusal.Kind));
        Assert.Contains("ahead of this node's clock", parsed.Refusals[0].Reason, StringComparison.Ordinal);
        Assert.Contains("points beyond retention policy", parsed.Refusals[1].Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_rule_every_time_is_taken() => Assert.Equal(2, IngestRig.Parse(
        $"m f=1 {long.MaxValue}\nm f=2 {long.MinValue + 2}", IngestRig.Rules(IngestDialect.V3)).RowCount);

    [Fact]
    public void A_request_over_too_many_tables_and_days_is_too_large()
    {
        StringBuilder body = new();
        for (int n = 0; n < 4; n++)
        {
            for (int day = 0; day < 3; day++)
                body.Append($"m{n} f=1 {day * Day.NanosecondsLength}\n");
        }

        Assert.Equal(12, IngestRig.Parse(
            body.ToString(), limits: new IngestLimits { TableDaysPerRequestMax = 12 }).RowCount);
        TsDbException error = Assert.Throws<TsDbException>(() => IngestRig.Parse(
            body.ToString(), limits: new IngestLimits { TableDaysPerRequestMax = 11 }));
        Assert.Equal(ErrorKind.TooLarge, error.Kind);
        Assert.Contains("11 cells", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_of_hashes_finds_what_was_added_and_nothing_else()
    {
        TagValueSet set = new();
        for (ulong n = 0; n < 5_000; n++) Assert.True(set.Add(n * 0x1_0000_0000));
        for (ulong n = 0; n < 5_000; n++) Assert.False(set.Add(n * 0x1_0000_0000));
        Assert.Equal(5_000, set.Count);
        for (ulong n = 2; n < 5_000; n++)
        {
            Assert.True(set.Contains(n * 0x1_0000_0000));
            Assert.False(set.Contains(n));
        }
    }

    private static Task<ParsedPoints> WriteAsync(IngestPipeline pipeline, string lines) =>
        pipeline.WriteLinesAsync(Encoding.UTF8.GetBytes(lines), IngestRig.Rules(), Ct);
}
