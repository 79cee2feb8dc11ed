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

namespace TsDb.Edge;

/// <summary>Runs an edge: listeners around an <see cref="EdgeRooms"/>, the ready line, an orderly
/// end.</summary>
internal static class EdgeNode
{
    private static readonly TimeSpan DrainWithin = TimeSpan.FromSeconds(3);

    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    public static async Task RunAsync(EdgeOptions options)
    {
        List<(string Name, ListenOptions Listener)> listeners = [];
        using ILoggerFactory loggers = NodeProgram.CreateLoggers(options.LogLevel);
        OpenAuthorizer authorizer = new();
        Task fault;
        await using (EdgeRooms rooms = EdgeRooms.Open(options, authorizer, loggers))
        {
            await using WebApplication app = Build(options, rooms, authorizer, listeners);
            using EdgeMetrics metrics = new(rooms);
            TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Map(app, options, rooms, ready.Task);
            await rooms.StartAsync();
            await NodeProgram.ListenAsync(app);
            fault = rooms.Fault;
            if (listeners[0].Listener.EndPoint is IPEndPoint http)
                await Rehearsal.RunAsync(rooms.Environment, http);
            ready.SetResult();
            NodeProgram.PrintReady(rooms.Store.Id.Value, Addresses(options, listeners));
            await Task.WhenAny(app.WaitForShutdownAsync(), fault);
            await app.StopAsync();
            await rooms.DrainAsync(DrainWithin);
        }

        if (fault.IsFaulted) await fault;
    }

    private static WebApplication Build(
        EdgeOptions options, EdgeRooms rooms, IAuthorizer authorizer,
        List<(string Name, ListenOptions Listener)> listeners)
    {
        WebApplicationBuilder builder = NodeProgram.CreateBuilder(options.LogLevel);
        builder.Services.AddSingleton(authorizer);
        builder.Services.AddFlight();
        builder.Services.AddSingleton<IFlightSource>(
            new FlightQueries(rooms.Queries) { DurationMax = options.QueryTimeout });
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                "tsdb-edge",
                serviceInstanceId: rooms.Store.Id.Value))
            .WithMetrics(metrics => metrics.AddMeter(EdgeMetrics.MeterName).AddPrometheusExporter());
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, rooms, listeners));
        return builder.Build();
    }

    private static void Listen(
        KestrelServerOptions kestrel, EdgeOptions options, EdgeRooms rooms,
        List<(string Name, ListenOptions Listener)> listeners)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        // What a client has not taken yet does not hold up at once what follows.
        kestrel.Limits.MaxResponseBufferSize = QueryEndpoint.AnswerBytesAhead;
        // The endpoints have limits of their own, with better words.
        kestrel.Limits.MaxRequestBodySize = null;
        // Uplinks of agents may be slower than Kestrel thinks fit.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Listen(options.Http.EndPoint, listen =>
        {
            listen.UseHttp1AndGrpc();
            listeners.Add(("http", listen));
        });
        if (options.Mqtt is null) return;
        kestrel.Listen(options.Mqtt.EndPoint, listen =>
        {
            rooms.Sensors!.Attach(listen);
            listeners.Add(("mqtt", listen));
        });
    }

    private static void Map(WebApplication app, EdgeOptions options, EdgeRooms rooms, Task ready)
    {
        WriteEndpointOptions write = new()
        {
            Authorizer = app.Services.GetRequiredService<IAuthorizer>(),
            Bodies = rooms.Bodies,
        };
        EdgeDatabases databases = new(rooms.Store, rooms.Ship, rooms.Ingest.Limits.DatabasesMax);
        app.MapWriteEndpoints(rooms.Ingest, databases, write);
        AdminEndpoint admin = new(write.Authorizer);
        app.MapDatabases(admin, databases);
        app.MapErasures(admin, rooms.Erasures);
        new BackupEndpoint(
            rooms.TakeImageAsync, TimeProvider.System, rooms.Loggers.CreateLogger("TsDb.Backup"))
                .Map(app, admin);
        app.MapProbeEndpoints(() => rooms.Store.Stats.WritesRefusedReason, () => ready.IsCompleted, write);
        app.MapPrometheusScrapingEndpoint();
        app.MapEdgeStatus(admin, rooms);
        new QueryEndpoint(
            rooms.Queries, write.Authorizer, app.Services.GetRequiredService<ILogger<QueryEndpoint>>())
        {
            DurationMax = options.QueryTimeout,
        }.Map(app);
        app.MapFlight();
    }

    private static IEnumerable<(string Name, string Address)> Addresses(
        EdgeOptions options, List<(string Name, ListenOptions Listener)> listeners)
    {
        foreach ((string name, ListenOptions listener) in listeners)
            yield return (name, (listener.EndPoint as IPEndPoint)?.ToString() ?? "off");
        if (options.Mqtt is null) yield return ("mqtt", "off");
    }
}
