using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Load.Wire;

/// <summary>
/// Counts what real processes say to each other: an edge ships through a proxy to a cloud node with its
/// broker, and every byte of both directions counts.
/// </summary>
internal static class WireRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(5);

    /// <summary>Measures the scenarios one after the other and prints a table.</summary>
    public static async Task<int> RunAsync(IEnumerable<WireScenario> scenarios)
    {
        TextTable table = new(
            "points", "values", "gzip", "on disk", "footers", "shipments", "protocol up", "down", "wire",
                "ratio");
        foreach (WireScenario scenario in scenarios)
        {
            WireFigures f = await MeasureAsync(scenario, CancellationToken.None);
            string Of(long bytes) => f.PerValue(bytes).ToString("0.000", CultureInfo.InvariantCulture);
            table.Add(
                scenario.Name, f.Values.ToString("N0", CultureInfo.InvariantCulture), Of(f.GzipBytes),
                Of(f.DiskBytes), Of(f.FooterBytes), Of(f.DataBytes), Of(f.UpBytes - f.DataBytes),
                Of(f.DownBytes), Of(f.UpBytes + f.DownBytes),
                    f.Ratio.ToString("0.0x", CultureInfo.InvariantCulture));
            Console.WriteLine($"  {scenario.Name}: {f.Ratio:0.0}x");
        }

        Console.WriteLine("bytes per value; gzip: the same requests, each gzipped by itself, without HTTP");
        table.Print(Console.Out);
        return 0;
    }

    /// <summary>Runs one scenario in processes of its own.</summary>
    public static async Task<WireFigures> MeasureAsync(WireScenario scenario, CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-wire-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1);
        await using Forwarder proxy = new(IPEndPoint.Parse(plan.Clouds.Single().Mqtt));
        plan = plan with { EdgeFlags = ["--seal-age", "1h"], Uplink = $"mqtt://{proxy.Address}" };
        WireFigures figures;
        await using (Fleet fleet = new(plan, TimeProvider.System))
        {
            await fleet.StartAsync(ct);
            figures = await MeasureAsync(fleet, proxy, scenario, ct);
        }

        figures = figures with { FooterBytes = FootersIn(folder) };
        folder.Delete(recursive: true);
        return figures;
    }

    private static async Task<WireFigures> MeasureAsync(
        Fleet fleet, Forwarder proxy, WireScenario scenario, CancellationToken ct)
    {
        NodePlan edge = fleet.Plan.Edges.Single();
        await fleet.UntilAsync(
            "the edge ships", Patience,
            async () =>
                Ship(await fleet.StatusAsync(edge, ct), "state").GetValue<string>() == "shipping", ct);
        (long values, long gzip, int sent) = (0, 0, 0);
        (long up, long down, long data) = (0, 0, 0);
        foreach (byte[] request in scenario.Requests)
        {
            if (sent++ == scenario.Unmeasured)
            {
                await QuietAsync(proxy, ct);
                (up, down) = (proxy.Up, proxy.Down);
                data = Ship(await fleet.StatusAsync(edge, ct), "data_bytes_sent").GetValue<long>();
            }

            await PostAsync(fleet.Client(edge), "/write?db=default&precision=ns", request, ct);
            if (sent > scenario.Unmeasured) (values, gzip) =
                (values + scenario.ValuesOf(request), gzip + Gzipped(request));
            if (scenario.ShipsEach) await ShipAsync(fleet, edge, ct);
        }

        await ShipAsync(fleet, edge, ct);
        await QuietAsync(proxy, ct);
        JsonNode status = await fleet.StatusAsync(edge, ct);
        long dataBytes = Ship(status, "data_bytes_sent").GetValue<long>() - data;
        long disk = status["segments"]!["bytes"]!.GetValue<long>();
        return new WireFigures(values, gzip, dataBytes, proxy.Up - up, proxy.Down - down, disk);
    }

    private static JsonNode Ship(JsonNode status, string name) => status["ship"]![name]!;

    private static async Task ShipAsync(Fleet fleet, NodePlan edge, CancellationToken ct)
    {
        await PostAsync(fleet.Client(edge), "/api/v1/flush", [], ct);
        long started = TimeProvider.System.GetTimestamp();
        while (Ship(await fleet.StatusAsync(edge, ct), "segments_pending").GetValue<long>() > 0)
        {
            if (TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new TimeoutException("the cloud does not say durable");
            await Task.Delay(PollEvery, TimeProvider.System, ct);
        }
    }

    // Acknowledgements of the last messages may still be on their way.
    private static async Task QuietAsync(Forwarder proxy, CancellationToken ct)
    {
        for (long last = -1; last != proxy.Up + proxy.Down;)
        {
            last = proxy.Up + proxy.Down;
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, ct);
        }
    }

    private static async Task PostAsync(NodeClient node, string path, byte[] body, CancellationToken ct)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        using HttpResponseMessage response = await node.SendAsync(request, ct);
        await NodeClient.RequireSuccessAsync(response, ct);
    }

    private static long Gzipped(byte[] body)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(body);
        return packed.Length;
    }

    private static long FootersIn(DirectoryInfo folder)
    {
        const int TailBytes = 8;
        long bytes = 0;
        string edge = Path.Combine(folder.FullName, "edge-1");
        foreach (string file in Directory.EnumerateFiles(edge, "*.parquet", SearchOption.AllDirectories))
        {
            byte[] tail = new byte[TailBytes];
            using FileStream stream = File.OpenRead(file);
            stream.Position = stream.Length - TailBytes;
            stream.ReadExactly(tail);
            bytes += BinaryPrimitives.ReadInt32LittleEndian(tail) + TailBytes;
        }

        return bytes;
    }
}
