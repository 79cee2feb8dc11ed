using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Mqtt.Fresh;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Query.Ports;
using TsDb.Replication.Serving;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Storage.Shipping;

namespace TsDb.Load.Fresh;

/// <summary>
/// An edge of a program's own pieces (store, uplink over a real connection, answers to fresh questions), many
/// to a process, without the endpoints.
/// </summary>
internal sealed class InProcessEdge : IAsyncDisposable
{
    private readonly DataDirectory _disk;
    private readonly EdgeStore _store;
    private readonly ShipService _ship;
    private readonly EdgeQueryService _fresh;
    private readonly IngestPipeline _ingest;

    private InProcessEdge(
        DataDirectory disk, EdgeStore store, ShipService ship, EdgeQueryService fresh,
            IngestPipeline ingest) =>
        (_disk, _store, _ship, _fresh, _ingest) = (disk, store, ship, fresh, ingest);

    /// <summary>Its name.</summary>
    public string Name => _store.Id.Value;

    /// <summary>Starts one whose points stay in its buffer.</summary>
    public static InProcessEdge Start(string name, string folder, Uri broker, ISqlEngine engine)
    {
        TimeProvider clock = TimeProvider.System;
        DataDirectory disk = DataDirectory.Open(folder);
        StoreEnvironment environment = new(
            clock, () => new Guid(RandomNumberGenerator.GetBytes(16)), NullLoggerFactory.Instance);
        EdgeStoreOptions options = new() { Id = new EdgeId(name), SealAge = TimeSpan.FromHours(1) };
        EdgeStore store = EdgeStore.Open(disk, options, environment);
        ShipService ship = ShipService.Create(
            store, disk, new ShipSettings { Brokers = [broker], ClusterName = "default" }, environment);
        EdgeQueryService fresh = new(
            new EdgeQueryIdentity(store.Id, () => ClusterPin.Read(disk)), new ShipmentTopics("default"),
            new EdgeDesk(store, engine, clock), clock, NullLogger.Instance);
        ship.Answer(fresh);
        ship.Start();
        IngestPipeline ingest =
            new(store, new IngestSetup(new IngestLimits(), new NodeTime(clock), HashSeed: 1));
        return new InProcessEdge(disk, store, ship, fresh, ingest);
    }

    /// <summary>The lines of so many points, a second apart, with the values 0, 1, 2, ...</summary>
    public static string Lines(int points)
    {
        const long start = 1_700_000_000;
        StringBuilder lines = new();
        for (int i = 0; i < points; i++)
            lines.Append(CultureInfo.InvariantCulture, $"fresh,host=h{i % 4} v={i}i {start + i}000000000\n");
        return lines.ToString();
    }

    /// <summary>Stores lines; they are durable after it.</summary>
    public async Task WriteAsync(string lines) => await _ingest.WriteLinesAsync(
        Encoding.ASCII.GetBytes(lines), new IngestRules { Database = "default", Dialect = IngestDialect.V1 },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _store.SegmentsChanged -= _ship.SegmentsChanged;
        await _ship.DisposeAsync();
        await _fresh.DisposeAsync();
        await _store.DisposeAsync();
        _disk.Dispose();
    }
}
