using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using DuckDB.NET.Data;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Load;

/// <summary>One load from the first request to the answers, with a table of figures at the end.</summary>
internal static class LoadRun
{
    private const int LinesPerRequest = ServerRun.LinesPerRequest;
    private const int Connections = ServerRun.Connections;
    private const int Repetitions = 7;

    public static async Task<int> RunAsync(CpuShape shape)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-load-");
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 1, edges: 1) with { EdgeFlags = [] };
        TextTable table = new("figure", "value");
        await Comparison.RunAsync(shape, table);
        await using (Fleet fleet = new(plan, TimeProvider.System))
        {
            await fleet.StartAsync(CancellationToken.None);
            NodePlan edge = plan.Edges.Single(), cloud = plan.Clouds.Single();
            Console.WriteLine($"{shape.Rows:N0} rows of {CpuShape.FieldCount} values to {edge.Url}");
            long bytes = await WriteAsync(fleet, edge, shape, table);
            await ShipAsync(fleet, edge, shape, bytes, table);
            await AskAsync(fleet, cloud, folder, table);
        }

        folder.Delete(recursive: true);
        table.Print(Console.Out);
        return 0;
    }

    private static async Task<long> WriteAsync(Fleet fleet, NodePlan edge, CpuShape shape, TextTable table)
    {
        int process = fleet.Processes[edge.Name].Id;
        ProcessFigures before = ProcessFigures.Of(process);
        long started = Stopwatch.GetTimestamp();
        List<double> latencies = [];
        long bytes = await SendAllAsync(fleet.Client(edge), shape, latencies);
        TimeSpan sent = Stopwatch.GetElapsedTime(started);
        await PostAsync(fleet.Client(edge), "/api/v1/flush", []);
        ProcessFigures after = await IdleAsync(process);
        double cpu = after.CpuSeconds - before.CpuSeconds;
        latencies.Sort();
        Add(table, "line protocol", ByteSizeText.Format(bytes));
        Add(table, "rows per second, wall", shape.Rows / sent.TotalSeconds, "N0");
        Add(table, "rows per second of server CPU, seal and cut included", shape.Rows / cpu, "N0");
        Add(table, "request of 5,000 lines, median ms", latencies[latencies.Count / 2], "0.0");
        Add(table, "request of 5,000 lines, p99 ms", latencies[latencies.Count * 99 / 100], "0.0");
        Add(table, "peak memory of the edge", ByteSizeText.Format(after.PeakBytes));
        return bytes;
    }

    private static async Task<long> SendAllAsync(NodeClient node, CpuShape shape, List<double> latencies)
    {
        Channel<byte[]> queue = Channel.CreateBounded<byte[]>(2 * Connections);
        long bytes = 0;
        Task[] senders = [.. Enumerable.Range(0, Connections).Select(async _ =>
        {
            await foreach (byte[] request in queue.Reader.ReadAllAsync())
            {
                long started = Stopwatch.GetTimestamp();
                await PostAsync(node, "/write?db=default&precision=ns", request);
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        })];
        foreach (byte[] request in shape.Requests(LinesPerRequest))
        {
            bytes += request.Length;
            await queue.Writer.WriteAsync(request);
        }

        queue.Writer.Complete();
        await Task.WhenAll(senders);
        return bytes;
    }

    private static async Task PostAsync(NodeClient node, string path, byte[] body)
    {
        using HttpRequestMessage request =
            new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        using HttpResponseMessage response = await node.SendAsync(request, CancellationToken.None);
        await NodeClient.RequireSuccessAsync(response, CancellationToken.None);
    }

    /// <summary>The figures once the process used hardly any processor time for two seconds.</summary>
    private static async Task<ProcessFigures> IdleAsync(int process)
    {
        ProcessFigures last = ProcessFigures.Of(process);
        for (int calm = 0; calm < 4;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, CancellationToken.None);
            ProcessFigures now = ProcessFigures.Of(process);
            calm = now.CpuSeconds - last.CpuSeconds < 0.03 ? calm + 1 : 0;
            last = now;
        }

        return last;
    }

    private static async Task ShipAsync(Fleet fleet, NodePlan edge, CpuShape shape, long bytes,
        TextTable table)
    {
        await fleet.UntilAsync(
            "everything is durable in the cloud",
            TimeSpan.FromMinutes(2),
            async () => (await fleet.StatusAsync(edge, CancellationToken.None))["ship"]?["segments_pending"]
                ?.GetValue<long>() == 0,
            CancellationToken.None);
        JsonNode status = await fleet.StatusAsync(edge, CancellationToken.None);
        double values = (double)shape.Rows * CpuShape.FieldCount;
        Add(table, "bytes per value in line protocol", bytes / values, "0.00");
        Add(table, "bytes per value in segments", status["segments"]!["bytes"]!.GetValue<long>() / values,
            "0.000");
        Add(table, "bytes per value on the uplink", status["ship"]!["bytes_sent"]!.GetValue<long>() / values,
            "0.000");
    }

    private static async Task AskAsync(Fleet fleet, NodePlan cloud, DirectoryInfo folder, TextTable table)
    {
        QueryCall call = new("default", Question("cpu"), "json");
        double ours = await MedianAsync(async () =>
        {
            using HttpResponseMessage response =
                await fleet.Client(cloud).QueryAsync(call, CancellationToken.None);
            await response.Content.CopyToAsync(Stream.Null);
        });
        string files = $"read_parquet('{folder.FullName}/{cloud.Name}/**/*.parquet')";
        using DuckDBConnection duck = new("DataSource=:memory:");
        duck.Open();
        double alone = await MedianAsync(() =>
        {
            using DuckDBCommand command = duck.CreateCommand();
            command.CommandText = Question(files);
            using DuckDBDataReader reader = command.ExecuteReader();
            while (reader.Read()) _ = reader.GetValue(2);
            return Task.CompletedTask;
        });
        Add(table, "hourly mean per host at the cloud, ms", ours, "0.0");
        Add(table, "the same by DuckDB alone on the same files, ms", alone, "0.0");
        Add(table, "ratio", ours / alone, "0.00");
    }

    private static async Task<double> MedianAsync(Func<Task> action)
    {
        List<double> times = [];
        for (int i = 0; i <= Repetitions; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await action();
            if (i > 0) times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static string Question(string source) =>
        "SELECT date_trunc('hour', time) AS hour, hostname, avg(usage_user) AS mean "
        + $"FROM {source} GROUP BY hour, hostname ORDER BY hour, hostname";

    private static void Add(TextTable table, string figure, double value, string format) =>
        Add(table, figure, value.ToString(format, CultureInfo.InvariantCulture));

    private static void Add(TextTable table, string figure, string value)
    {
        table.Add(figure, value);
        Console.WriteLine($"  {figure}: {value}");
    }
}
