using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Cloud;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Receiving;
using TsDb.Replication.Shipping;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Integration.Shipping;

/// <summary>
/// An edge on a real disk, a real broker, and a cloud node's receiver on another real disk.
/// </summary>
internal sealed class ShippingSite : IAsyncDisposable
{
    private static readonly ShipmentTopics Topics = new("test");
    private static readonly ILoggerFactory Loggers = NullLoggerFactory.Instance;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tsdb-shipping-");
    private readonly StoreEnvironment _environment = new(TimeProvider.System, NewId, Loggers);
    private readonly OneNodeCluster _cluster = new();
    private readonly List<IAsyncDisposable> _cloud = [];
    private DataDirectory? _disk;
    private IngestPipeline? _ingest;

    public EdgeStore Store { get; private set; } = null!;

    public ShipService Ship { get; private set; } = null!;

    public ReplicaStore Replica { get; private set; } = null!;

    public long RowsInCloud => Replica.Current.Tables.Values
        .SelectMany(table => table.Cells.Values)
        .SelectMany(cell => cell.Files).Sum(file => file.Extent.Rows);

    /// <summary>A cloud node that is a client of an outside broker.</summary>
    public Task StartCloudAsync(Uri broker) => StartCloudAsync(null, broker);

    /// <summary>A cloud node with the broker inside; returns its address.</summary>
    public async Task<Uri> StartCloudAsync()
    {
        EmbeddedBroker broker = new(Brokers(null), NullLogger.Instance);
        await broker.StartAsync();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, broker.Attach));
        WebApplication app = builder.Build();
        await app.StartAsync();
        _cloud.Add(app);
        _cloud.Add(broker);
        await StartCloudAsync(broker, null);
        return new Uri(app.Urls.First().Replace("http://", "mqtt://", StringComparison.Ordinal));
    }

    public async Task StopCloudAsync()
    {
        foreach (IAsyncDisposable part in Enumerable.Reverse(_cloud)) await part.DisposeAsync();
        _cloud.Clear();
        Replica.Dispose();
    }

    public void StartEdge(params Uri[] brokers)
    {
        _disk = DataDirectory.Open(Path.Combine(_root.FullName, "edge"));
        EdgeStoreOptions options = new() { Id = new EdgeId("E1"), SealAge = TimeSpan.FromMilliseconds(300) };
        Store = EdgeStore.Open(_disk, options, _environment);
        _ingest = new IngestPipeline(
            Store, new IngestSetup(new IngestLimits(), new NodeTime(TimeProvider.System), HashSeed: 1));
        ShipSettings settings = new()
        {
            Brokers = [.. brokers],
            ClusterName = "test",
            Cut = new CutLimits { ShipDelay = TimeSpan.FromMilliseconds(200) },
        };
        Ship = ShipService.Create(Store, _disk, settings, _environment);
        Ship.Start();
    }

    public async Task StopEdgeAsync()
    {
        await Ship.DisposeAsync();
        await Store.DisposeAsync();
        _disk!.Dispose();
    }

    public async Task WriteAsync(int first, int count, int noiseBytes = 0)
    {
        StringBuilder lines = new();
        for (int i = first; i < first + count; i++)
        {
            string text = Convert.ToHexString(RandomNumberGenerator.GetBytes(noiseBytes));
            string noise = noiseBytes == 0 ? "" : $",s=\"{text}\"";
            lines.Append(System.Globalization.CultureInfo.InvariantCulture,
                $"cpu,host=h{i % 10} v={i}i{noise} {1_700_000_000_000_000_000 + (i * 1_000_000L)}\n");
        }

        IngestRules rules = new() { Database = "db", Dialect = IngestDialect.V3 };
        ParsedPoints taken = await _ingest!.WriteLinesAsync(
            Encoding.UTF8.GetBytes(lines.ToString()), rules, CancellationToken.None);
        Assert.Equal(count, taken.RowCount);
    }

    /// <summary>Everything sealed and durable, and as many rows in the cloud as were written.</summary>
    public async Task ShippedAsync(long rows, TimeSpan limit)
    {
        await Store.FlushAsync(CancellationToken.None);
        Ship.Flush();
        long started = TimeProvider.System.GetTimestamp();
        while (Ship.Lag.Backlog.Segments > 0)
        {
            ShipLag lag = Ship.Lag;
            Assert.True(
                TimeProvider.System.GetElapsedTime(started) < limit,
                $"{lag.Backlog} not durable: {lag.Uplink}");
            Assert.False(Ship.Completion.IsFaulted, $"{Ship.Completion.Exception}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        Assert.Equal(rows, RowsInCloud);
    }

    public async ValueTask DisposeAsync()
    {
        await StopEdgeAsync();
        await StopCloudAsync();
        _root.Delete(recursive: true);
    }

    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    private async Task StartCloudAsync(EmbeddedBroker? own, Uri? outside)
    {
        DataDirectory disk = DataDirectory.Open(Path.Combine(_root.FullName, "cloud"));
        CloudIdentity.LoadOrCreate(disk, _cluster.Self, _cluster.Self, NewId);
        Replica = ReplicaStore.Open(disk, NewId, new ReplicaStoreOptions(), NullLogger.Instance);
        CloudEdgeLink link = new(Brokers(outside), own, _cluster, TimeProvider.System, NullLogger.Instance);
        ReceiveServiceOptions options = new()
        {
            Directory = _cluster.Current!.Members[0].DirectoryId,
            Receiver = new ReceiverOptions { Self = _cluster.Self, SilenceMin = TimeSpan.FromSeconds(0.5) },
            Topics = Topics,
        };
        ReceiveService service = new(
            options,
            Replica,
            new ReceivePorts(_cluster, _cluster, link, new SegmentVerifier()),
            TimeProvider.System,
            NullLogger.Instance);
        _cloud.Add(new Closing(disk));
        _cloud.Add(link);
        _cloud.Add(service);
        await service.StartAsync(CancellationToken.None);
    }

    private CloudBrokerOptions Brokers(Uri? outside) => new()
    {
        Self = _cluster.Self,
        Instance = NewId(),
        Topics = Topics,
        Authorizer = new OpenAuthorizer(),
        Outside = outside is null ? [] : [outside],
    };

    private sealed class Closing(IDisposable what) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            what.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
