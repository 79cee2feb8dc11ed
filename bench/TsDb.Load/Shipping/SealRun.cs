using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Load.Wire;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Load.Shipping;

/// <summary>
/// Sealing and compacting by themselves, in values per second of processor time, and what a small write waits
/// for while a seal goes on beside it, against the same writes without. One store in this process, on disk.
/// </summary>
internal static class SealRun
{
    private const int Hosts = 100;
    private const int FieldsPerRow = 10;
    private const int LinesPerRequest = 5_000;
    private static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(int seconds, CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-seal-");
        using (DataDirectory disk = DataDirectory.Open(folder.FullName))
        {
            StoreEnvironment environment = new(TimeProvider.System, NewId, NullLoggerFactory.Instance);
            EdgeStoreOptions options = new()
            {
                Id = new EdgeId("lone"), SealAge = TimeSpan.FromHours(1), SealBytes = 1L << 30,
                MemoryBytesMax = 2L << 30,
            };
            await using EdgeStore store = EdgeStore.Open(disk, options, environment);
            IngestSetup setup = new(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1);
            Load load = new(store, new IngestPipeline(store, setup));
            await SealAsync(load, ct);
            Compact(store, disk);
            await WritesAsync(load, seconds, ct);
        }

        folder.Delete(recursive: true);
        return 0;
    }

    private static async Task SealAsync(Load load, CancellationToken ct)
    {
        // Once to be warm; then some, so that there is something to compact.
        const int Seals = 10;
        await load.WriteAsync(40, ct);
        await load.Store.FlushAsync(ct);
        (double cpu, double wall, long values) = (0, 0, 0);
        for (int i = 0; i < Seals; i++)
        {
            values += await load.WriteAsync(60, ct);
            (double cpuOfSeal, double wallOfSeal) = await CostAsync(() => load.Store.FlushAsync(ct));
            (cpu, wall) = (cpu + cpuOfSeal, wall + wallOfSeal);
        }

        Print("sealing: values a second of processor time", values / cpu);
        Print("sealing: values a second", values / wall);
    }

    private static void Compact(EdgeStore store, DataDirectory disk)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        Cutter cutter = new(
            store, disk, new SegmentMerger(disk), new CutLimits { SegmentsMax = 1 },
            NullLoggerFactory.Instance, now);
        while (cutter.CutDue(now).Count > 0) continue;
        foreach (LedgerLeaf leaf in store.Catalog.Ledger.Values.Where(leaf => leaf.DurableAt is null))
            store.ChangeCatalog(_ => new LeafDurable(leaf.Leaf, new Epoch(1)));
        Compactor compactor = new(
            store, new SegmentMerger(disk), new CompactionLimits { RowsMax = 8_000_000 },
            NullLoggerFactory.Instance);
        int files = store.Catalog.Segments.Count;
        (double cpu, double wall) = CostAsync(() =>
        {
            while (compactor.RunOnce(now)) continue;
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();
        Console.WriteLine($"  {files} files became {store.Catalog.Segments.Count}");
        Print("compacting: values a second of processor time", compactor.ValuesMerged / cpu);
        Print("compacting: values a second", compactor.ValuesMerged / wall);
    }

    private static async Task WritesAsync(Load load, int seconds, CancellationToken ct)
    {
        (List<double> quiet, List<double> beside) = ([], []);
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            await load.WriteAsync(60, ct);
            long until = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(until) < QuietFor) quiet.Add(await load.OneAsync(ct));
            Task seal = load.Store.FlushAsync(ct);
            while (!seal.IsCompleted) beside.Add(await load.OneAsync(ct));
            await seal;
        }

        Console.WriteLine($"  {quiet.Count:N0} writes by themselves, {beside.Count:N0} beside a seal");
        foreach (double share in new[] { 0.5, 0.99, 0.999 })
        {
            (double alone, double with) = (At(quiet, share), At(beside, share));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  p{share * 100:0.#}: {alone:0.00} ms, beside a seal {with:0.00}, {with / alone:0.00}x"));
        }
    }

    private static async Task<(double Cpu, double Wall)> CostAsync(Func<Task> work)
    {
        using Process self = Process.GetCurrentProcess();
        double before = self.TotalProcessorTime.TotalSeconds;
        long started = Stopwatch.GetTimestamp();
        await work();
        double wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
        self.Refresh();
        return (self.TotalProcessorTime.TotalSeconds - before, wall);
    }

    private static double At(List<double> figures, double share)
    {
        if (figures.Count == 0) return double.NaN;
        figures.Sort();
        return figures[Math.Min(figures.Count - 1, (int)(figures.Count * share))];
    }

    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    private static void Print(string what, double figure) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-46} {figure,16:N0}"));

    private sealed class Load(EdgeStore store, IngestPipeline ingest)
    {
        private readonly IngestRules _rules = new() { Database = "db", Dialect = IngestDialect.V3 };
        private readonly IEnumerator<byte[]> _requests = SuiteShapes.Requests(
            SuiteShapes.Cpu(Hosts, 1_000_000)
                .SelectMany(body => body.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            LinesPerRequest).GetEnumerator();
        private readonly IEnumerator<string> _ones =
            SuiteShapes.Cpu(Hosts, 1_000_000, seed: 8).GetEnumerator();

        public EdgeStore Store => store;

        public async Task<long> WriteAsync(int requests, CancellationToken ct)
        {
            long rows = 0;
            for (int i = 0; i < requests; i++)
            {
                _requests.MoveNext();
                rows += (await ingest.WriteLinesAsync(_requests.Current, _rules, ct)).RowCount;
            }

            return rows * FieldsPerRow;
        }

        /// <summary>Milliseconds of a write of a hundred rows.</summary>
        public async Task<double> OneAsync(CancellationToken ct)
        {
            _ones.MoveNext();
            byte[] body = System.Text.Encoding.UTF8.GetBytes(_ones.Current);
            long started = Stopwatch.GetTimestamp();
            await ingest.WriteLinesAsync(body, _rules, ct);
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }
    }
}
