using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Integration.Cluster;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Integration.Receiving;

/// <summary>An edge's store and uplink in this process.</summary>
internal sealed class EdgeHarness : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly DataDirectory _disk;
    private readonly EdgeStore _store;
    private readonly IngestPipeline _ingest;

    private EdgeHarness(
        DirectoryInfo folder, DataDirectory disk, EdgeStore store, IngestPipeline ingest, ShipService ship) =>
        (_folder, _disk, _store, _ingest, Ship) = (folder, disk, store, ingest, ship);

    public ShipService Ship { get; }

    public static EdgeHarness Start(string id, ImmutableArray<Uri> brokers)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-ship-");
        DataDirectory disk = DataDirectory.Open(folder.FullName);
        StoreEnvironment environment = new(TimeProvider.System, TestNode.NewId, NullLoggerFactory.Instance);
        EdgeStore store = EdgeStore.Open(disk, new EdgeStoreOptions { Id = new EdgeId(id) }, environment);
        ShipService ship = ShipService.Create(
            store,
            disk,
            new ShipSettings
            {
                Brokers = brokers,
                ClusterName = "test",
                Cut = new CutLimits { ShipDelay = TimeSpan.FromMilliseconds(100) },
            },
            environment);
        IngestPipeline ingest =
            new(store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
        ship.Start();
        return new EdgeHarness(folder, disk, store, ingest, ship);
    }

    /// <summary>Writes rows of noise, spread over some days: large to ship.</summary>
    public async Task WriteAsync(int rows, int days, int seed)
    {
        Random random = new(seed);
        StringBuilder lines = new();
        long start = new Day(17_000).Range.StartNanoseconds + (seed * 1_000_000_000_000L);
        for (int i = 0; i < rows; i++)
        {
            long time = start + (i % days * Day.NanosecondsLength) + (i * 1_000_000L);
            lines.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"noise,host=h{i % 10} a={random.NextDouble()},b={random.NextInt64()}i {time}\n");
        }

        IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V1 };
        await _ingest.WriteLinesAsync(
            Encoding.UTF8.GetBytes(lines.ToString()), rules, TestContext.Current.CancellationToken);
        await _store.FlushAsync(TestContext.Current.CancellationToken);
        Ship.SegmentsChanged();
        Ship.Flush();
    }

    /// <summary>Waits until the cloud has said durable for everything.</summary>
    public async Task DrainAsync(TimeSpan within)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (Ship.Lag.Backlog.Segments > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < within, $"not drained: {Ship.Lag}");
            await Task.Delay(
                TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Ship.DisposeAsync();
        await _store.DisposeAsync();
        _disk.Dispose();
        _folder.Delete(recursive: true);
    }
}
