using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Cli.Demo;
using TsDb.Cli.Output;
using TsDb.Load.Wire;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Load.Shipping;

/// <summary>
/// Many edges in this process, each with a store, a connection and a shipper of its own, shipping to three
/// real cloud nodes with their brokers: what an edge costs, and how that grows with their number.
/// </summary>
internal static class FleetRun
{
    private const int Rounds = 3;
    private const int Hosts = 6;
    private const int TicksPerRound = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    public static async Task<int> RunAsync(IEnumerable<int> counts, CancellationToken ct)
    {
        TextTable table = new(
            "edges", "values a round", "seconds a round", "messages up", "bytes up", "bytes down",
            "edge CPU ms", "cloud CPU ms", "rows in the cloud");
        ManyEdges.MakeRoom();
        foreach (int count in counts)
        {
            Console.WriteLine($"  {count} edges");
            string[] row = await MeasureAsync(count, ct);
            table.Add(row);
            Console.WriteLine("  " + string.Join(" | ", row));
        }

        Console.WriteLine("per edge and round, but for the first three columns; cloud: all three nodes");
        table.Print(Console.Out);
        return 0;
    }

    private static async Task<string[]> MeasureAsync(int count, CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-fleet-");

        // A thousand disks are not one: the edges' directories lie in memory where there is such a place.
        string memory = Directory.Exists("/dev/shm") ? "/dev/shm" : folder.FullName;
        DirectoryInfo edgesAt = Directory.CreateDirectory(Path.Combine(memory, folder.Name + "-edges"));
        FleetPlan plan = FleetPlan.OnFreePorts(folder.FullName, clouds: 3, edges: 0);
        List<Forwarder> proxies =
            [.. plan.Clouds.Select(cloud => new Forwarder(IPEndPoint.Parse(cloud.Mqtt)))];
        List<FleetEdge> edges = [];
        string[] row;
        await using (Fleet fleet = new(plan, TimeProvider.System))
        {
            try
            {
                await fleet.StartAsync(ct);
                for (int i = 0; i < count; i++)
                {
                    Uri[] brokers = [.. Enumerable.Range(i, proxies.Count)
                        .Select(n => new Uri($"mqtt://{proxies[n % proxies.Count].Address}"))];
                    edges.Add(new FleetEdge($"edge-{i + 1:0000}", edgesAt.FullName, brokers));
                }

                await UntilAsync(edges, "shipping", e => e.Ship.Lag.Uplink.State == "shipping", ct);
                await RoundAsync(edges, 0, ct);
                row = await MeasureAsync(fleet, edges, proxies, ct);
            }
            finally
            {
                // While their brokers are there, so that each says good-bye.
                await ManyEdges.EndAsync(edges);
            }
        }

        foreach (Forwarder proxy in proxies) await proxy.DisposeAsync();
        edgesAt.Delete(recursive: true);
        folder.Delete(recursive: true);
        return row;
    }

    private static async Task<string[]> MeasureAsync(
        Fleet fleet, List<FleetEdge> edges, List<Forwarder> proxies, CancellationToken ct)
    {
        double CloudCpu() => fleet.Processes.Values.Sum(p => ProcessFigures.Of(p.Id).CpuSeconds);
        double EdgeCpu() => ProcessFigures.Of(Environment.ProcessId).CpuSeconds;
        (double cloud, double own) = (CloudCpu(), EdgeCpu());
        (long up, long down) = (proxies.Sum(p => p.Up), proxies.Sum(p => p.Down));
        long messages = edges.Sum(edge => edge.Ship.MessagesSent);
        long started = TimeProvider.System.GetTimestamp();
        for (int round = 1; round <= Rounds; round++) await RoundAsync(edges, round, ct);
        double seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds / Rounds;
        string Each(double figure, string form) =>
            (figure / edges.Count / Rounds).ToString(form, CultureInfo.InvariantCulture);
        string rows = await CountAsync(fleet, ct);
        return
        [
            edges.Count.ToString(CultureInfo.InvariantCulture),
            (edges.Count * Hosts * TicksPerRound * 10).ToString("N0", CultureInfo.InvariantCulture),
            seconds.ToString("0.0", CultureInfo.InvariantCulture),
            Each(edges.Sum(edge => edge.Ship.MessagesSent) - messages, "0.0"),
            Each(proxies.Sum(p => p.Up) - up, "0"),
            Each(proxies.Sum(p => p.Down) - down, "0"),
            Each((EdgeCpu() - own) * 1_000, "0.0"),
            Each((CloudCpu() - cloud) * 1_000, "0.0"),
            rows,
        ];
    }

    private static async Task RoundAsync(List<FleetEdge> edges, int round, CancellationToken ct)
    {
        IEnumerable<string> bodies =
            SuiteShapes.Cpu(Hosts, (round + 1) * TicksPerRound).Skip(round * TicksPerRound);
        byte[] body = System.Text.Encoding.UTF8.GetBytes(string.Concat(bodies));
        await Parallel.ForEachAsync(edges, ct, async (edge, token) => await edge.WriteAsync(body, token));
        Console.WriteLine($"    round {round} is written");
        await UntilAsync(
            edges, $"through with round {round}", edge => edge.Ship.Lag.Backlog.Segments == 0, ct);
    }

    private static async Task<string> CountAsync(Fleet fleet, CancellationToken ct)
    {
        Cli.Nodes.QueryCall call = new("db", "SELECT count(*) AS n FROM cpu", "csv");
        Cli.Nodes.NodeClient node = fleet.Client(fleet.Plan.Clouds.First());
        using HttpResponseMessage response = await node.QueryAsync(call, ct);
        return (await response.Content.ReadAsStringAsync(ct)).Split('\n')[1].Trim();
    }

    private static async Task UntilAsync(
        List<FleetEdge> edges, string what, Func<FleetEdge, bool> holds, CancellationToken ct)
    {
        long started = TimeProvider.System.GetTimestamp();
        TimeSpan said = TimeSpan.Zero;
        while (true)
        {
            List<FleetEdge> missing = [.. edges.Where(edge => !holds(edge))];
            if (missing.Count == 0) return;
            TimeSpan waited = TimeProvider.System.GetElapsedTime(started);
            if (waited > Patience) throw GaveUp(missing, edges.Count, what);
            if (waited - said > SayEvery)
            {
                said = waited;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"    {waited.TotalSeconds:0} s: {edges.Count - missing.Count} of {edges.Count} {what}"));
            }

            await Task.Delay(LookEvery, TimeProvider.System, ct);
        }
    }

    // What the edges say of themselves tells where to look.
    private static TsDbException GaveUp(List<FleetEdge> missing, int count, string what) => new(
        ErrorKind.Deadline,
        $"{missing.Count} of {count} edges were not {what} within {Patience.TotalMinutes:0} minutes: "
        + string.Join("; ", missing.Select(edge => edge.Ship.Lag)
            .CountBy(lag => $"{lag.Uplink.State}, {lag.Backlog.Segments} segments left, "
                + (lag.Uplink.LastError ?? "no error"))
            .Select(state => $"{state.Value} edges {state.Key}")));

    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    private sealed class FleetEdge : IAsyncDisposable
    {
        private readonly DataDirectory _disk;
        private readonly EdgeStore _store;
        private readonly IngestPipeline _ingest;
        private readonly IngestRules _rules = new() { Database = "db", Dialect = IngestDialect.V3 };

        public FleetEdge(string name, string folder, Uri[] brokers)
        {
            StoreEnvironment environment = new(TimeProvider.System, NewId, NullLoggerFactory.Instance);
            _disk = DataDirectory.Open(Path.Combine(folder, name));
            EdgeStoreOptions options = new() { Id = new EdgeId(name), SealAge = TimeSpan.FromHours(1) };
            _store = EdgeStore.Open(_disk, options, environment);
            _ingest = new IngestPipeline(
                _store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
            ShipSettings settings = new()
            {
                Brokers = [.. brokers], ClusterName = "default",
                Cut = new CutLimits { ShipDelay = TimeSpan.Zero },
            };
            Ship = ShipService.Create(_store, _disk, settings, environment);
            Ship.Start();
        }

        public ShipService Ship { get; }

        public async Task WriteAsync(byte[] body, CancellationToken ct)
        {
            await _ingest.WriteLinesAsync(body, _rules, ct);
            await _store.FlushAsync(ct);
            Ship.Flush();
        }

        public async ValueTask DisposeAsync()
        {
            _store.SegmentsChanged -= Ship.SegmentsChanged;
            await Ship.DisposeAsync();
            await _store.DisposeAsync();
            _disk.Dispose();
        }
    }
}
