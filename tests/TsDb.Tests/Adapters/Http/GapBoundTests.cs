using System.Text.Json.Nodes;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Adapters.Http;

/// <summary>Filling gaps makes no more rows than a node has room for.</summary>
public sealed class GapBoundTests : IAsyncLifetime
{
    private const long Start = 1_451_606_400_000_000_000; // 2016-01-01
    private const long Second = 1_000_000_000;

    private QueryServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await QueryServer.StartAsync();
        await _server.WriteAsync(Batch([("a", 0), ("b", 10), ("c", 10_799), ("a", 10_800)]));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("SELECT time_bucket_gapfill(INTERVAL '1 second', time) t, sum(f) FROM weather "
        + "WHERE time >= '1970-01-01' GROUP BY t LIMIT 1", "buckets of 00:00:01")]
    [InlineData("SELECT time_bucket_gapfill(INTERVAL '1 microsecond', time) t, sum(f) FROM weather "
        + "GROUP BY t LIMIT 1", "10800000000 buckets of 00:00:00.000001")]
    [InlineData("SELECT time_bucket_gapfill(INTERVAL '1 second', time, '1700-01-01', '2200-01-01') t, sum(f) "
        + "FROM weather GROUP BY t LIMIT 1", "buckets of 00:00:01")]
    [InlineData("SELECT time_bucket_gapfill(INTERVAL '1 second', time, 'Europe/Zurich', '1700-01-01', "
        + "'2200-01-01') t, host, sum(f) FROM weather GROUP BY t, host LIMIT 1", "buckets of 00:00:01")]
    public async Task More_buckets_than_there_is_room_for_are_refused(string sql, string part)
    {
        (int status, string body) = await _server.GetAsync(sql);
        Assert.Equal(400, status);
        Assert.Contains(part, JsonNode.Parse(body)!["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_many_as_there_is_room_for_are_made()
    {
        const string Sql = "SELECT count(*) n, count(s) AS filled FROM (SELECT "
            + "time_bucket_gapfill(INTERVAL '1 second', time, '2016-01-01', '2016-01-11') t, sum(f) AS s "
            + "FROM weather GROUP BY t)";
        Assert.Equal((200, """[{"n":864000,"filled":4}]"""), await _server.GetAsync(Sql));
    }

    [Fact]
    public async Task Groups_count_as_well()
    {
        await _server.WriteAsync(Batch([.. Enumerable.Range(0, 20).Select(i => ($"h{i}", (long)i))]));
        (int status, string body) = await _server.GetAsync(
            "SELECT time_bucket_gapfill(INTERVAL '1 second', time, '2016-01-01', '2016-01-11') t, host, "
            + "sum(f) FROM weather GROUP BY t, host LIMIT 1");
        Assert.Equal(400, status);
        Assert.Contains("864000 buckets of 00:00:01 for each of 23 groups", body, StringComparison.Ordinal);
    }

    private static TableBatch Batch((string Host, long Second)[] points) => ModelBatches.Build(
        [.. points.Select(p => new ModelPoint(
            new Dictionary<string, string> { ["host"] = p.Host }, Start + (p.Second * Second),
            new Dictionary<string, object> { ["f"] = 1.0 }))],
        ("f", FieldType.Float64));
}
