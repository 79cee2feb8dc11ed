using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Load.Wire;

namespace TsDb.Load.Shipping;

/// <summary>
/// An outage of the uplink in which values pile up, and what comes after it: how long the newest takes to be
/// seen in the cloud, how fast the rest follows, what it costs. Real processes: an edge and a cloud node.
/// </summary>
internal static class DrainRun
{
    private const int Hosts = 100;
    private const int FieldsPerRow = 10;
    private const int LinesPerRequest = 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    public static async Task<int> RunAsync(long values, CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-drain-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1) with { EdgeFlags = [] };
        await using (Fleet fleet = new(plan, TimeProvider.System))
        {
            await fleet.StartAsync(ct);
            NodePlan edge = plan.Edges.Single(), cloud = plan.Clouds.Single();
            await fleet.UntilAsync(
                "the edge ships", Patience,
                async () => Ship(await fleet.StatusAsync(edge, ct), "state").GetValue<string>() == "shipping",
                ct);
            await fleet.KillAsync(cloud, ct);
            Console.WriteLine($"  the uplink is cut, {values:N0} values are written");
            await PileUpAsync(fleet, edge, values, ct);
            await DrainAsync(fleet, edge, cloud, values, ct);
        }

        folder.Delete(recursive: true);
        return 0;
    }

    private static async Task PileUpAsync(Fleet fleet, NodePlan edge, long values, CancellationToken ct)
    {
        int ticks = (int)(values / FieldsPerRow / Hosts);
        IEnumerable<string> lines = SuiteShapes.Cpu(Hosts, ticks)
            .SelectMany(body => body.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (byte[] request in SuiteShapes.Requests(lines, LinesPerRequest))
            await PostAsync(fleet.Client(edge), "/write?db=default&precision=ns", request, ct);
        await PostAsync(fleet.Client(edge), "/api/v1/flush", [], ct);
    }

    private static async Task DrainAsync(
        Fleet fleet, NodePlan edge, NodePlan cloud, long values, CancellationToken ct)
    {
        int edgeId = fleet.Processes[edge.Name].Id;
        string newest = await NewestAsync(fleet.Client(edge), ct);
        ProcessFigures before = ProcessFigures.Of(edgeId);
        long sentBefore = Ship(await fleet.StatusAsync(edge, ct), "bytes_sent").GetValue<long>();
        await fleet.RestartAsync(cloud, ct);
        int cloudId = fleet.Processes[cloud.Name].Id;
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan Elapsed() => TimeProvider.System.GetElapsedTime(started);
        (TimeSpan? seen, TimeSpan? connected) = (null, null);
        List<long> memory = [];
        while (true)
        {
            JsonNode status = await fleet.StatusAsync(edge, ct);
            bool ships = Ship(status, "state").GetValue<string>() == "shipping";
            if (connected is null && ships) connected = Elapsed();
            if (seen is null && await TryNewestAsync(fleet.Client(cloud), ct) == newest) seen = Elapsed();
            memory.Add(ResidentBytes(edgeId) + ResidentBytes(cloudId));
            if (Ship(status, "segments_pending").GetValue<long>() == 0 && seen is not null) break;
            if (Elapsed() > Patience) throw new TimeoutException($"not drained: {status["ship"]}");
            await Task.Delay(LookEvery, TimeProvider.System, ct);
        }

        double seconds = (Elapsed() - connected!.Value).TotalSeconds;
        ProcessFigures edgeAfter = ProcessFigures.Of(edgeId), cloudAfter = ProcessFigures.Of(cloudId);
        double edgeCpu = edgeAfter.CpuSeconds - before.CpuSeconds;
        long sent = Ship(await fleet.StatusAsync(edge, ct), "bytes_sent").GetValue<long>() - sentBefore;
        Print("connected after the cloud is back, s", connected.Value.TotalSeconds);
        Print("newest value seen in the cloud, s after that", (seen!.Value - connected.Value).TotalSeconds);
        Print("all of it durable, s after that", seconds);
        Print("values a second", values / seconds);
        Print("values a second of the edge's processor", values / edgeCpu);
        Print("values a second of the cloud node's processor", values / cloudAfter.CpuSeconds);
        Print("bytes a value on the uplink", (double)sent / values);
        Print("memory of both at the start, MiB", memory[0] / 1048576.0);
        Print("memory of both, largest, MiB", memory.Max() / 1048576.0);
        Print("peak of the edge since its start, MiB", edgeAfter.PeakBytes / 1048576.0);
        Print("peak of the cloud node, MiB", cloudAfter.PeakBytes / 1048576.0);
    }

    private static void Print(string what, double figure) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-46} {figure,16:N3}"));

    private static JsonNode Ship(JsonNode status, string name) => status["ship"]![name]!;

    private static long ResidentBytes(int process)
    {
        const int PageBytes = 4096;
        string pages = File.ReadAllText($"/proc/{process}/statm").Split(' ')[1];
        return long.Parse(pages, CultureInfo.InvariantCulture) * PageBytes;
    }

    private static async Task<string?> TryNewestAsync(NodeClient node, CancellationToken ct)
    {
        try
        {
            return await NewestAsync(node, ct);
        }
        catch (Model.TsDbException early)
            when (early.Kind is Model.ErrorKind.Unavailable or Model.ErrorKind.NotFound)
        {
            return null;
        }
    }

    private static async Task<string> NewestAsync(NodeClient node, CancellationToken ct)
    {
        QueryCall call = new("default", "SELECT max(time) AS t FROM cpu", "json");
        using HttpResponseMessage response = await node.QueryAsync(call, ct);
        using JsonDocument answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
        return answer.RootElement[0].GetProperty("t").ToString();
    }

    private static async Task PostAsync(NodeClient node, string path, byte[] body, CancellationToken ct)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        using HttpResponseMessage response = await node.SendAsync(request, ct);
        await NodeClient.RequireSuccessAsync(response, ct);
    }
}
