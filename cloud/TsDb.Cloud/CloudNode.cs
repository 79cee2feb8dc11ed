using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using TsDb.Adapters.Disk;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Raft;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Cloud;

/// <summary>Puts a cloud node together, starts it, and stops it in the reverse order.</summary>
internal static class CloudNode
{
    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    public static async Task RunAsync(CloudOptions options)
    {
        using DataDirectory disk = DataDirectory.Open(options.DataDirectory, options.DiskBytesMax);
        CloudIdentity identity = CloudIdentity.LoadOrCreate(disk, options.Id, options.IdDefault, NewId);
        WebApplicationBuilder builder = NodeProgram.CreateBuilder(options.LogLevel);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowAlternateSchemes = true;
            kestrel.Listen(options.Http.EndPoint, listen => listen.UseHttp1AndGrpc());
            kestrel.Listen(options.Flight.EndPoint, listen => listen.UseHttp1AndGrpc());
        });
        builder.Services.AddSingleton<IAuthorizer, OpenAuthorizer>();
        AddCluster(builder.Services, options, identity, disk);
        builder.Services.AddFlight();
        builder.Services.AddNodeService();
        builder.Services.AddHostedService<HeartbeatWorker>();
        await using WebApplication app = builder.Build();
        RaftClusterState cluster = app.Services.GetRequiredService<RaftClusterState>();
        IPEndPoint clusterBound = cluster.Bind(options.Cluster);
        app.MapFlight();
        app.MapNodeService();
        app.MapCloudEndpoints(cluster, app.Services.GetRequiredService<CloudStatus>());
        await app.StartAsync();
        (IPEndPoint http, IPEndPoint flight) = BoundAddresses(app, options);
        await cluster.StartAsync(
            new Member
            {
                Id = identity.Id,
                DirectoryId = identity.Directory,
                HttpAddress = options.Advertised(http),
                FlightAddress = options.Advertised(flight),
                ClusterAddress = options.Advertised(clusterBound),
                BrokerAddress = "",
            },
            CancellationToken.None);
        NodeProgram.PrintReady(
            identity.Id.Value,
            ("http", http.ToString()),
                ("flight", flight.ToString()), ("cluster", clusterBound.ToString()), ("mqtt", "off"));
        await app.WaitForShutdownAsync();
    }

    private static void AddCluster(
        IServiceCollection services, CloudOptions options, CloudIdentity identity, DataDirectory disk)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(identity);
        services.AddSingleton<NodeChannels>();
        services.AddSingleton<PeerLiveness>();
        services.AddSingleton<IHeartbeatSink>(s => s.GetRequiredService<PeerLiveness>());
        services.AddSingleton(s => new RaftClusterState(
            identity,
            options.Settings,
            disk,
            s.GetRequiredService<PeerLiveness>(),
            new ClusterEnvironment(
                TimeProvider.System, NewId, s.GetRequiredService<IAuthorizer>(),
                s.GetRequiredService<ILoggerFactory>())));
        services.AddSingleton<IClusterState>(s => s.GetRequiredService<RaftClusterState>());
        services.AddSingleton(s => ReplicaStore.Open(
            disk, NewId, new ReplicaStoreOptions(),
            s.GetRequiredService<ILoggerFactory>().CreateLogger("TsDb.Replica")));
        services.AddSingleton<PeerDesk>(s => new ReplicaDesk(
            s.GetRequiredService<ReplicaStore>(), s.GetRequiredService<IClusterState>(), (_, _) => default));
        services.AddSingleton(s => new CloudStatus(
            s.GetRequiredService<RaftClusterState>(),
            s.GetRequiredService<PeerLiveness>(),
            s.GetRequiredService<ReplicaStore>(),
            TimeProvider.System,
            () => [],
            () => 0));
    }

    // In the order they were listened on.
    private static (
        IPEndPoint Http, IPEndPoint Flight) BoundAddresses(WebApplication app, CloudOptions options)
    {
        string[] addresses = [.. app.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses];
        return (Bound(addresses[0], options.Http), Bound(addresses[1], options.Flight));
    }

    private static IPEndPoint Bound(string address, ListenAddress asked) =>
        new(asked.Host, new Uri(address).Port);

    /// <summary>The one place of this program where chance comes in.</summary>
    private static Guid NewId() => new(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));
}
