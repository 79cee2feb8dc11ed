using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TsDb.Adapters.Mqtt;
using TsDb.Integration.Fleets;

namespace TsDb.Integration;

/// <summary>The limits of a real edge: flags, answers in each dialect, warnings, figures.</summary>
public sealed class LimitTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("tsdb-limits-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_dialect_refuses_what_is_too_much_by_line_and_warns_before()
    {
        await using LoneEdge edge = await LoneEdge.StartAsync(
            _folder, "--columns-max", "3", "--tables-max", "2", "--tag-values-max", "7", "--body-max", "4KiB",
            "--days-max", "5", "--future-max", "1h");
        await RefusesAsync(edge, "/write?db=v1", "v1", 400);
        await RefusesAsync(edge, "/api/v2/write?bucket=v2", "v2", 422);
        await RefusesAsync(edge, "/api/v3/write_lp?db=v3", "v3", 422);
        JsonNode limits = (await edge.StatusAsync())["limits"]!;
        Assert.Equal((7, 7), (limits["tag_values"]!["used"]!.GetValue<int>(),
            limits["tag_values"]!["max"]!.GetValue<int>()));
        Assert.Contains("tsdb_limit_used{", await edge.GetAsync("/metrics"), StringComparison.Ordinal);
        await edge.UntilAsync("a warning is logged", Soon, () => Task.FromResult(
            edge.Log().Contains("limit 'tag_values' is used to 100", StringComparison.Ordinal)));
    }

    private static async Task RefusesAsync(LoneEdge edge, string path, string database, int status)
    {
        string good = string.Concat(Enumerable.Range(0, 7).Select(n => $"m,host=h{n} v={n}i\n"));
        Assert.Equal(204, (await edge.PostAsync(path, good)).Status);
        string future = Time(TimeSpan.FromHours(2));
        (string Line, string Why)[] wrong =
        [
            ("m,host=h9 v=1i", "tag \"host\" of table \"m\" has its 7 values"),
            ("m,host=h1 v=1i,w=2i,x=3i", "table \"m\" has its 3 columns"),
            ($"m,host=h1 v=1i {future}", "ahead of this node's clock"),
            ("q v=1i", "has its 2 tables"),
        ];
        string body = "n v=1i\n" + string.Join('\n', wrong.Select(one => one.Line)) + "\nm,host=h2 v=5i";
        (int answered, string text, _) = await edge.PostAsync(path, body);
        Assert.Equal(status, answered);
        Assert.Contains("partial write", text, StringComparison.Ordinal);
        string plain = text.Replace("\\u0022", "\"", StringComparison.Ordinal)
            .Replace("\\u0027", "'", StringComparison.Ordinal).Replace("\\", "", StringComparison.Ordinal);
        Assert.All(wrong, one => Assert.Contains(one.Why, plain, StringComparison.Ordinal));
        Assert.Equal(8, await edge.NumberAsync("SELECT count(*) AS n FROM m", database));
        Assert.Equal(1, await edge.NumberAsync("SELECT count(*) AS n FROM n", database));

        (int large, string largeText, _) = await edge.PostAsync(path, new string(' ', 5_000));
        Assert.Equal((413, true), (large, largeText.Contains("4096", StringComparison.Ordinal)));
        string days = string.Concat(Enumerable.Range(0, 6).Select(n => $"m v=1i {n * 86_400_000_000_000}\n"));
        (int long_, string longText, _) = await edge.PostAsync(path, days);
        Assert.Equal((413, true), (long_, longText.Contains("5 days", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_sensor_loses_the_point_that_is_too_much_and_keeps_the_others()
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await using LoneEdge edge = await LoneEdge.StartAsync(_folder, "--tag-values-max", "1");
        await using LinePublisher sensor = await LinePublisher.ConnectAsync(edge.Mqtt, "sensor", ct);
        await sensor.PublishAsync(
            "tsdb/write/default", Encoding.UTF8.GetBytes("m,t=a v=1i 1\nm,t=b v=2i 2\nm,t=a v=3i 3"), ct);
        Assert.Equal(2, await edge.NumberAsync("SELECT count(*) AS n FROM m"));
        Assert.Equal(1, (await edge.StatusAsync())["points"]!["rejected"]!.GetValue<int>());
    }

    private static string Time(TimeSpan fromNow) => ((TimeProvider.System.GetUtcNow() + fromNow
        - DateTimeOffset.UnixEpoch).Ticks * 100).ToString(CultureInfo.InvariantCulture);
}
