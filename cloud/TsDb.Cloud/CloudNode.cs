using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http;
using TsDb.Adapters.Http.Backup;
using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Http.Erasure;
using TsDb.Adapters.Http.Query;
using TsDb.Adapters.Http.Write;
using TsDb.Adapters.Peers;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Cloud;

/// <summary>
/// Runs a cloud node: listeners around <see cref="CloudRooms"/>, the ready line, an orderly end.
/// </summary>
internal static class CloudNode
{
    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    public static async Task RunAsync(CloudOptions options)
    {
        // Beside those that wait for other nodes as many threads work as ever.
        ThreadPool.GetMinThreads(out int workers, out int completions);
        ThreadPool.SetMinThreads(workers + QuestionLines.WaitersMax, completions);
        Dictionary<string, ListenOptions> listeners = [];
        using ILoggerFactory loggers = NodeProgram.CreateLoggers(options.LogLevel);
        OpenAuthorizer authorizer = new();
        Task fault;
        await using (CloudRooms rooms = CloudRooms.Open(options, authorizer, loggers))
        {
            await using WebApplication app = Build(options, rooms, authorizer, listeners);
            using CloudMetrics metrics = new(rooms);
            Map(app, options, rooms);
            IPEndPoint cluster = await rooms.BindAsync(options.Cluster);
            await NodeProgram.ListenAsync(app);
            IPEndPoint Bound(string name) => listeners[name].IPEndPoint!;
            string broker = options.Broker is null ? "off" : Bound("mqtt").ToString();
            await rooms.StartAsync(new Member
            {
                Id = rooms.Identity.Id,
                DirectoryId = rooms.Identity.Directory,
                HttpAddress = options.Advertised(Bound("http")),
                FlightAddress = options.Advertised(Bound("flight")),
                ClusterAddress = options.Advertised(cluster),
                BrokerAddress = options.Broker is null ? "" : options.Advertised(Bound("mqtt")),
                Zone = options.Zone,
                Weight = options.Weight,
            });
            fault = rooms.Fault;
            NodeProgram.PrintReady(
                rooms.Identity.Id.Value,
                ("http", Bound("http").ToString()),
                ("flight", Bound("flight").ToString()),
                ("cluster", cluster.ToString()),
                ("mqtt", broker));
            await Task.WhenAny(StoppingAsync(app), fault);
            await rooms.LeaveAsync();
            await app.StopAsync();
        }

        if (fault.IsFaulted) await fault;
    }

    // Not WaitForShutdownAsync: it closes the listeners first, and waits for brokers' connections that only
    // this node ends.
    private static async Task StoppingAsync(WebApplication app)
    {
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registered =
            app.Lifetime.ApplicationStopping.Register(() => stopping.TrySetResult());
        await stopping.Task;
    }

    private static WebApplication Build(
        CloudOptions options,
            CloudRooms rooms, IAuthorizer authorizer, Dictionary<string, ListenOptions> listeners)
    {
        WebApplicationBuilder builder = NodeProgram.CreateBuilder(options.LogLevel);
        builder.Services.AddSingleton(authorizer);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(rooms.Identity);
        builder.Services.AddSingleton<IClusterState>(rooms.Cluster);
        builder.Services.AddSingleton<IHeartbeatSink>(rooms.Liveness);
        builder.Services.AddSingleton(rooms.Receiving.Desk);
        builder.Services.AddSingleton(rooms.Erasures);
        builder.Services.AddSingleton(rooms.Local);
        builder.Services.AddFlight().AddNodeService().AddQueryService();
        builder.Services.AddSingleton<IFlightSource>(
            new FlightQueries(rooms.Queries) { DurationMax = options.QueryTimeout });
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                "tsdb-cloud",
                serviceInstanceId: rooms.Cluster.Self.Value))
            .WithMetrics(metrics => metrics.AddMeter(CloudMetrics.MeterName).AddPrometheusExporter());
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, rooms, listeners));
        return builder.Build();
    }

    private static void Listen(
        KestrelServerOptions kestrel, CloudOptions options, CloudRooms rooms,
        Dictionary<string, ListenOptions> listeners)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        // What a client has not taken yet does not hold up at once what follows.
        kestrel.Limits.MaxResponseBufferSize = QueryEndpoint.AnswerBytesAhead;
        void Add(string name, ListenAddress address, Action<ListenOptions> configure) =>
            kestrel.Listen(address.EndPoint, listen =>
            {
                configure(listen);
                listeners[name] = listen;
            });
        Add("http", options.Http, listen => listen.UseHttp1AndGrpc());
        Add("flight", options.Flight, listen => listen.UseHttp1AndGrpc());
        if (options.Broker is not null) Add("mqtt", options.Broker, listen => rooms.Broker!.Attach(listen));
    }

    private static void Map(WebApplication app, CloudOptions options, CloudRooms rooms)
    {
        WriteEndpointOptions probes = new() { Authorizer = app.Services.GetRequiredService<IAuthorizer>() };
        app.MapProbeEndpoints(() => rooms.Refusal, () => true, probes);
        app.MapPrometheusScrapingEndpoint();
        new QueryEndpoint(
            rooms.Queries, probes.Authorizer, app.Services.GetRequiredService<ILogger<QueryEndpoint>>())
        {
            DurationMax = options.QueryTimeout,
        }.Map(app);
        AdminEndpoint admin = new(probes.Authorizer);
        app.MapClusterAdmin(admin, new ClusterAdmin(rooms));
        ClusterDatabases databases = new(rooms);
        app.MapDatabases(admin, databases);
        app.MapErasures(admin, new ClusterErasures(rooms));
        new BackupEndpoint(
            rooms.TakeImageAsync,
            TimeProvider.System,
            app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("TsDb.Backup")).Map(app, admin);
        app.MapStatements(databases, probes);
        app.MapCloudEndpoints(rooms.Cluster, new CloudStatus(rooms, TimeProvider.System));
        app.MapFlight();
        app.MapNodeService();
        app.MapQueryService();
    }
}
