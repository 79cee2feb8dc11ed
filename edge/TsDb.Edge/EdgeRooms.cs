using System.Security.Cryptography;
using TsDb.Adapters.Direct;
using TsDb.Adapters.Disk;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Query;
using TsDb.Adapters.Mqtt.Fresh;
using TsDb.Adapters.Mqtt.Sensors;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Codec.Shipment;
using TsDb.Columnar.Vectors;
using TsDb.Edge.Workers;
using TsDb.Model;
using TsDb.Replication.Serving;
using TsDb.Storage;
using TsDb.Storage.Backup;
using TsDb.Storage.Catalog;
using TsDb.Storage.Compaction;
using TsDb.Storage.Ingest;
using TsDb.Storage.Scrubbing;
using TsDb.Storage.Shipping;

namespace TsDb.Edge;

/// <summary>What an edge is made of, put together: data directory, store, ingest, sensors,
/// shipping.</summary>
internal sealed class EdgeRooms : IAsyncDisposable
{
    private static readonly TimeSpan CutWithin = TimeSpan.FromSeconds(10);

    private readonly DataDirectory _disk;
    private readonly CancellationTokenSource _stop = new();
    private Task _subscribed = Task.CompletedTask;
    private Task _retained = Task.CompletedTask;
    private Task _compacted = Task.CompletedTask;
    private Task _scrubbed = Task.CompletedTask;
    private Task _watched = Task.CompletedTask;
    private Task _rulesWatched = Task.CompletedTask;

    private EdgeRooms(DataDirectory disk, EdgeStore store) => (_disk, Store) = (disk, store);

    public EdgeStore Store { get; }

    public required IngestPipeline Ingest { get; init; }

    public required LocalQueryService Queries { get; init; }

    public required DuckDbEngine Engine { get; init; }

    public required DuckDbParser Parser { get; init; }

    /// <summary>The built-in broker; null when it is off.</summary>
    public SensorBroker? Sensors { get; init; }

    /// <summary>The subscription to a broker that was there already; null without one.</summary>
    public SensorSubscription? Subscription { get; init; }

    /// <summary>The way of sensors' messages, whoever brings them.</summary>
    public required SensorIntake SensorIntake { get; init; }

    /// <summary>The rules for sensors in force.</summary>
    public required SensorRulesSource RulesInForce { get; init; }

    /// <summary>The rule file for sensors; null without one.</summary>
    public SensorRulesFile? Rules { get; init; }

    public required RetainWorker Retain { get; init; }

    public required CompactWorker Compact { get; init; }

    /// <summary>Looks at segments again, at its own pace and when a query finds one damaged.</summary>
    public required SegmentScrub Scrub { get; init; }

    public required ScrubLoop ScrubLoop { get; init; }

    public required EdgeErasures Erasures { get; init; }

    /// <summary>Bodies of requests that are being read or parsed.</summary>
    public required ByteBudget Bodies { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>Clock, ids and loggers of the store.</summary>
    public required StoreEnvironment Environment { get; init; }

    /// <summary>How far each limit is used.</summary>
    public IReadOnlyList<LimitUse> LimitsInUse =>
    [
        .. Store.LimitsInUse,
        new LimitUse("bodies", Bodies.UsedBytes, Bodies.BytesMax),
        .. Sensors is null
            ? []
            : new[] { new LimitUse("mqtt", Sensors.BytesInFlight.UsedBytes, Sensors.BytesInFlight.BytesMax) },
        .. Ingest.LimitsInUse,
    ];

    /// <summary>Null without an uplink.</summary>
    public ShipService? Ship { get; init; }

    /// <summary>Answers the cloud's fresh queries; null without an uplink.</summary>
    public EdgeQueryService? Fresh { get; init; }

    /// <summary>Ends, with the reason, when the node can promise nothing any more and should exit.</summary>
    public Task Fault =>
        Task.WhenAny(
            [
                Store.Fault, _retained, _compacted, _scrubbed, _watched,
                .. Ship is null ? [] : new[] { Ship.Completion },
            ])
        .Unwrap();

    /// <summary>Opens the data directory, replays the log, and puts the rooms together. Nothing runs
    /// yet.</summary>
    public static EdgeRooms Open(EdgeOptions options, IAuthorizer authorizer, ILoggerFactory loggers)
    {
        TimeProvider clock = AlignedClock.System;
        DataDirectory disk = DataDirectory.Open(options.DataDirectory, options.DiskBytesMax);
        try
        {
            StoreEnvironment environment = new(clock, NewId, loggers);
            EdgeStore store = EdgeStore.Open(disk, options.Store, environment);
            long hashSeed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
            IngestPipeline ingest =
                new(store, new IngestSetup(options.Ingest, new NodeTime(clock), hashSeed));
            SensorRulesSource rules = new(options.SensorRules);
            SensorIntakeOptions intake = new() { IsShared = options.Sensors is not null, Clock = clock };
            SensorIntake sensors = new(ingest, rules, intake, loggers);
            Compactor compactor = new(
                store, new SegmentMerger(disk, options.Store.Segments), new CompactionLimits(), loggers)
            {
                MayMergeUncut = options.Uplinks.Count == 0,
            };
            EdgeErasures erasures = new(store, compactor);
            SegmentScrub scrub = new(store, disk, loggers.CreateLogger<SegmentScrub>());
            ShipService? ship = options.Uplinks.Count == 0 ? null
                : Uplink(options, disk, store, environment, erasures);
            DuckDbParser parser = new();
            DuckDbEngine engine = new(Duck(options, disk), parser, clock, loggers.CreateLogger("TsDb.Query"));
            DirectEngine direct = new(
                engine, new SegmentCache(options.Queries.DecodedBytes, SegmentRows.Open));
            EdgeQueryService? fresh = ship is null ? null : new EdgeQueryService(
                new EdgeQueryIdentity(store.Id, () => ClusterPin.Read(disk)),
                new ShipmentTopics(options.ClusterName), new EdgeDesk(store, direct, clock), clock,
                loggers.CreateLogger("TsDb.Fresh"));
            if (fresh is not null) ship!.Answer(fresh);
            return new EdgeRooms(disk, store)
            {
                Ingest = ingest,
                Retain = new RetainWorker(store, options.Store.Retention, ship, clock, loggers),
                Compact = new CompactWorker(compactor, clock),
                Scrub = scrub,
                ScrubLoop = new ScrubLoop(options.ScrubRate, clock),
                Erasures = erasures,
                Bodies = new ByteBudget(options.BodiesBytesMax, clock),
                Loggers = loggers,
                Environment = environment,
                Parser = parser,
                Engine = engine,
                Queries = new LocalQueryService(store, scrub, parser, engine, direct, clock),
                Sensors = options.Mqtt is null
                    ? null
                    : new SensorBroker(sensors, new SensorBrokerOptions { Authorizer = authorizer }, loggers),
                Subscription = options.Sensors is null ? null
                    : Subscribe(options.Sensors, store, sensors, rules, loggers),
                SensorIntake = sensors,
                RulesInForce = rules,
                Rules = options.SensorRulesFile is null
                    ? null
                    : new SensorRulesFile(options.SensorRulesFile, rules, clock, loggers),
                Ship = ship,
                Fresh = fresh,
            };
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    public async Task StartAsync()
    {
        if (Sensors is not null) await Sensors.StartAsync();
        if (Subscription is not null) _subscribed = Subscription.RunAsync(_stop.Token);
        _retained = Retain.RunAsync(_stop.Token);
        _compacted = Compact.RunAsync(_stop.Token);
        _scrubbed = ScrubAsync(_stop.Token);
        _watched = new LimitWatch(() => LimitsInUse, AlignedClock.System, Loggers).RunAsync(_stop.Token);
        if (Rules is not null) _rulesWatched = Rules.RunAsync(_stop.Token);
        Ship?.Start();
    }

    /// <summary>Seals everything committed so far and lets it be cut and shipped without delay.</summary>
    public async Task FlushAsync(CancellationToken ct)
    {
        await Store.FlushAsync(ct);
        Ship?.Flush();
    }

    /// <summary>
    /// Takes hold of everything that is acknowledged, for a backup. Where there is an uplink it is cut first:
    /// a restored edge would cut it under a later incarnation, over what was shipped after the backup.
    /// </summary>
    public async Task<BackupImage> TakeImageAsync(CancellationToken ct)
    {
        await FlushAsync(ct);
        if (Ship is not null) await AwaitCutAsync(ct);
        return EdgeImage.Take(Store, _disk, NewId);
    }

    /// <summary>Ships what is sealed for as long as there is time; the rest stays on disk for the next
    /// start.</summary>
    public async Task DrainAsync(TimeSpan within)
    {
        if (Ship is not null) await Ship.DrainAsync(within, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _subscribed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _rulesWatched.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _retained.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _compacted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _scrubbed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _watched.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Sensors is not null) await Sensors.DisposeAsync();
        if (Ship is not null)
        {
            Store.SegmentsChanged -= Ship.SegmentsChanged;
            await Ship.DisposeAsync();
        }

        if (Fresh is not null) await Fresh.DisposeAsync();
        Engine.Dispose();
        Parser.Dispose();
        await Store.DisposeAsync();
        _disk.Dispose();
        _stop.Dispose();
    }

    // On its own thread: it waits for the disk, and the first file comes before anything is awaited.
    private Task ScrubAsync(CancellationToken stop) => Task.Run(
        () => ScrubLoop.RunAsync(
            () => Store.Catalog.Segments.Values, segment => segment.BytesLength, Scrub.CheckForNews, stop),
        CancellationToken.None);

    // Not for ever: a file that cannot be read is never cut.
    private async Task AwaitCutAsync(CancellationToken ct)
    {
        string[] uncut = [.. Store.Catalog.Segments.Values.Where(s => !s.IsCut).Select(s => s.Name)];
        TaskCompletionSource cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.SegmentsChanged += Look;
        try
        {
            Look();
            await Task.WhenAny(cut.Task, Task.Delay(CutWithin, TimeProvider.System, ct));
            ct.ThrowIfCancellationRequested();
        }
        finally
        {
            Store.SegmentsChanged -= Look;
        }

        void Look()
        {
            CatalogState now = Store.Catalog;
            if (uncut.All(name => now.Segments.GetValueOrDefault(name) is not { IsCut: false }))
                cut.TrySetResult();
        }
    }

    private static DuckDbOptions Duck(EdgeOptions options, DataDirectory disk) => new()
    {
        Directories = [disk.FullPath(SegmentFolder.Root)],
        Memory = options.Queries,
        ConcurrencyMax = EdgeOptions.StatementsMax,
        SlowMax = EdgeOptions.SlowMax,
    };

    private static SensorSubscription Subscribe(
        Uri broker, EdgeStore store, SensorIntake sensors, SensorRulesSource rules, ILoggerFactory loggers) =>
        new(
            sensors,
            rules,
            new SensorSubscriptionOptions { Host = broker.Host, Port = broker.Port, ClientId =
                $"tsdb-{store.Id}" },
            loggers);

    private static ShipService Uplink(
        EdgeOptions options, DataDirectory disk, EdgeStore store, StoreEnvironment environment,
        EdgeErasures erasures)
    {
        ShipSettings settings = new()
        {
            Brokers = [.. options.Uplinks],
            ClusterName = options.ClusterName,
            Cut = new CutLimits { ShipBytes = options.ShipBytes, ShipDelay = options.ShipDelay },
            BytesPerSecondMax = options.ShipRate,
            Hours = options.ShipHours,
            Segments = options.Store.Segments,
            FilesToPurge = () => erasures.FilesLeft,
        };
        return ShipService.Create(store, disk, settings, environment);
    }

    /// <summary>The one place of this program where random ids come in.</summary>
    private static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));
}
