using TsDb.Adapters.Disk;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Hosting;
using TsDb.Storage;

namespace TsDb.Edge;

/// <summary>Puts an edge together: data directory, store, endpoints; starts it, and stops it in the reverse
/// order.</summary>
internal static class EdgeNode
{
    /// <summary>Runs until SIGTERM or Ctrl-C.</summary>
    public static async Task RunAsync(EdgeOptions options)
    {
        WebApplicationBuilder builder = NodeProgram.CreateBuilder(options.LogLevel);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowAlternateSchemes = true;
            // The endpoints have limits of their own, with better words.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(options.Http.EndPoint, listen => listen.UseHttp1AndGrpc());
        });
        using DataDirectory disk = DataDirectory.Open(options.DataDirectory, options.DiskBytesMax);
        builder.Services.AddSingleton<IAuthorizer, OpenAuthorizer>();
        builder.Services.AddFlight();
        await using WebApplication app = builder.Build();
        StoreEnvironment environment = new(
            TimeProvider.System, NewId, app.Services.GetRequiredService<ILoggerFactory>());
        await using EdgeStore store = EdgeStore.Open(disk, options.Store, environment);
        app.MapEdgeStatus(store);
        await app.StartAsync();
        NodeProgram.PrintReady(store.Id.Value,
            ("http", app.Urls.First().Replace("http://", "", StringComparison.Ordinal)));
        await app.WaitForShutdownAsync();
    }

    /// <summary>The one place of this program where chance comes in.</summary>
    private static Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return new Guid(bytes);
    }
}
