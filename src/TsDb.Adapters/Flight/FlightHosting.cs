using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TsDb.Adapters.Flight;

/// <summary>Puts Flight into a host: edges and cloud nodes answer it on their HTTP port too.</summary>
public static class FlightHosting
{
    private const int RequestBytesMax = 64 << 20;

    /// <summary>
    /// Registers the Flight service. It answers from the registered <see cref="IFlightSource"/>s and asks the
    /// registered <see cref="Hosting.IAuthorizer"/>.
    /// </summary>
    public static IServiceCollection AddFlight(this IServiceCollection services)
    {
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = RequestBytesMax;
            options.EnableDetailedErrors = false;
        });
        services.TryAddSingleton<FlightEndpoint>();
        return services;
    }

    /// <summary>
    /// Registers what cloud nodes say to each other; needs <see cref="AddFlight"/> and, registered, a
    /// <see cref="Replication.Repair.PeerDesk"/>, <see cref="Replication.Serving.ErasureDesk"/>,
    /// <see cref="Replication.Ports.IClusterState"/>,
    /// <see cref="Replication.Receiving.CloudIdentity"/> and <see cref="IHeartbeatSink"/>.
    /// </summary>
    public static IServiceCollection AddNodeService(this IServiceCollection services)
    {
        services.TryAddSingleton<NodeGuard>();
        services.TryAddSingleton<HeartbeatDesk>();
        services.TryAddSingleton<DigestDesk>();
        services.TryAddSingleton<NodeEndpoint>();
        return services;
    }

    /// <summary>
    /// Registers what coordinators ask of nodes: catalogs and fragments, answered by the registered
    /// <see cref="LocalQueries"/>; needs <see cref="AddNodeService"/>.
    /// </summary>
    public static IServiceCollection AddQueryService(this IServiceCollection services)
    {
        services.TryAddSingleton<QueryEndpoint>();
        services.AddSingleton<IFlightSource, FragmentSource>();
        return services;
    }

    /// <summary>Maps what coordinators ask of nodes.</summary>
    public static void MapQueryService(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<QueryEndpoint>();

    /// <summary>Maps what cloud nodes say to each other.</summary>
    public static void MapNodeService(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<NodeEndpoint>();

    /// <summary>Maps the Flight service.</summary>
    public static void MapFlight(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<FlightEndpoint>();
}
