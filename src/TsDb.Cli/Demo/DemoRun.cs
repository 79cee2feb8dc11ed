using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Commands;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Cli.Demo;

/// <summary>The half minute that shows the whole loop: two edges, three cloud nodes, one killed and
/// back.</summary>
internal sealed class DemoRun(Fleet fleet, TimeProvider clock)
{
    private const string Question =
        "SELECT host, count(*) AS samples, avg(\"user\" + \"system\") AS busy_ticks, max(time) AS newest "
        + "FROM cpu GROUP BY host ORDER BY host";

    private static readonly TimeSpan CatchUpWithin = TimeSpan.FromSeconds(60);

    private readonly MetricsStream _overMqtt = new(new MachineMetrics("mqtt-side", clock), clock);
    private readonly MetricsStream _overHttp = new(new MachineMetrics("http-side", clock), clock);

    /// <summary>Runs the demonstration; true if every acknowledged point was counted once.</summary>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        NodePlan[] clouds = [.. fleet.Plan.Clouds];
        NodePlan[] edges = [.. fleet.Plan.Edges];
        Say($"three cloud nodes and two edges run below {fleet.Plan.Folder}");
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task streams = Task.WhenAll(
            _overMqtt.OverMqttAsync(edges[0], stop.Token), _overHttp.OverHttpAsync(edges[1], stop.Token));
        try
        {
            await WatchFaultAsync(clouds, edges, streams, ct);
        }
        finally
        {
            await stop.CancelAsync();
            await streams;
        }

        await DrainAsync(edges, ct);
        long acknowledged = _overMqtt.Points + _overHttp.Points;
        await CatchUpAsync(clouds[1], clouds[0], ct);
        long counted = await CountAsync(clouds[1], "quorum", ct);
        await AskAsync("cloud-2, which was dead", clouds[1], ct);
        return await ReportAsync(acknowledged, counted, edges, ct);
    }

    /// <summary>Points keep coming while a cloud node dies and comes back.</summary>
    private async Task WatchFaultAsync(NodePlan[] clouds, NodePlan[] edges, Task streams,
        CancellationToken ct)
    {
        Say("this machine's metrics stream to edge-1 over MQTT and to edge-2 over HTTP");
        await StreamAsync(TimeSpan.FromSeconds(6), streams, ct);
        await AskAsync("edge-1 about its own points", edges[0], ct);
        await AskAsync("cloud-1 about the fleet", clouds[0], ct);

        Say("cloud-2 is killed (SIGKILL); points keep coming");
        await fleet.KillAsync(clouds[1], ct);
        await StreamAsync(TimeSpan.FromSeconds(5), streams, ct);
        await AskAsync("cloud-3, with cloud-2 dead", clouds[2], ct);

        Say("cloud-2 starts again on its disk");
        await fleet.RestartAsync(clouds[1], ct);
        await StreamAsync(TimeSpan.FromSeconds(3), streams, ct);
    }

    private async Task StreamAsync(TimeSpan time, Task streams, CancellationToken ct)
    {
        DateTimeOffset end = clock.GetUtcNow() + time;
        while (clock.GetUtcNow() < end)
        {
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1), clock, ct), streams);
            if (streams.IsCompleted) await streams; // Only a failure ends them early: show it.
            Console.Write($"\r  {_overMqtt.Points + _overHttp.Points} points acknowledged by the edges ");
        }

        Console.WriteLine();
    }

    private async Task AskAsync(string whom, NodePlan node, CancellationToken ct)
    {
        Say($"asking {whom}:");
        long started = clock.GetTimestamp();
        await fleet.UntilAsync(
            $"{node.Name} answers",
            TimeSpan.FromSeconds(20),
            async () =>
            {
                await using Stream output = Console.OpenStandardOutput();
                await QueryCommand.RunAsync(
                    fleet.Client(node), new QueryCall("default", Question, "table"), output, ct);
                return true;
            },
            ct);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  in {clock.GetElapsedTime(started).TotalMilliseconds:0} ms"));
    }

    /// <summary>Seals and ships what the edges hold, and waits until the cloud said durable for all of
    /// it.</summary>
    private async Task DrainAsync(NodePlan[] edges, CancellationToken ct)
    {
        Say("the edges seal and ship what they hold");
        foreach (NodePlan edge in edges)
        {
            using HttpRequestMessage flush = new(HttpMethod.Post, "/api/v1/flush");
            using HttpResponseMessage done = await fleet.Client(edge).SendAsync(flush, ct);
            await NodeClient.RequireSuccessAsync(done, ct);
        }

        await fleet.UntilAsync(
            "every segment is durable in the cloud",
            CatchUpWithin,
            async () =>
            {
                foreach (NodePlan edge in edges)
                {
                    JsonNode status = await fleet.StatusAsync(edge, ct);
                    if (status["ship"]?["segments_pending"]?.GetValue<long>() != 0) return false;
                }

                return true;
            },
            ct);
    }

    /// <summary>The restarted node has caught up once it alone, asked for no other replica, counts what all
    /// count.</summary>
    private async Task CatchUpAsync(NodePlan restarted, NodePlan other, CancellationToken ct)
    {
        long started = clock.GetTimestamp();
        await fleet.UntilAsync(
            $"{restarted.Name} has caught up",
            CatchUpWithin,
            async () => (await fleet.StatusAsync(restarted, ct))["repair"]?["missing"]?.GetValue<long>() == 0
                && await CountAsync(restarted, "all", ct) == await CountAsync(other, "all", ct),
            ct);
        Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{restarted.Name} has every leaf again ({clock.GetElapsedTime(started).TotalSeconds:0.0} s)"));
    }

    private async Task<long> CountAsync(NodePlan node, string consistency, CancellationToken ct)
    {
        long sum = 0;
        foreach (string table in MachineMetrics.Tables)
        {
            QueryCall call = new("default", $"SELECT count(*) AS n FROM \"{table}\"", "json")
            {
                Consistency = consistency,
            };
            using HttpResponseMessage response = await fleet.Client(node).QueryAsync(call, ct);
            using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(ct));
            sum += answer.RootElement[0].GetProperty("n").GetInt64();
        }

        return sum;
    }

    private async Task<bool> ReportAsync(long acknowledged, long counted, NodePlan[] edges,
        CancellationToken ct)
    {
        long taken = _overMqtt.Bytes + _overHttp.Bytes;
        double shipped = 0;
        foreach (NodePlan edge in edges)
            shipped += (await fleet.StatusAsync(edge, ct))["ship"]?["bytes_sent"]?.GetValue<double>()
                ?? double.NaN;
        TextTable table = new("the whole loop", "");
        table.Add("points acknowledged by the edges", acknowledged.ToString(CultureInfo.InvariantCulture));
        table.Add("points counted at the cloud", counted.ToString(CultureInfo.InvariantCulture));
        table.Add("line protocol taken in", ByteSizeText.Format(taken));
        table.Add("shipped to the cloud", ByteSizeText.Format(shipped));
        Console.WriteLine();
        table.Print(Console.Out);
        Console.WriteLine(acknowledged == counted
            ? "every acknowledged point was counted once"
            : "THE COUNTS DIFFER: this is a fault, please report it with the logs");
        return acknowledged == counted;
    }

    private static void Say(string text) => Console.WriteLine($"== {text}");
}
