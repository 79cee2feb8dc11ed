using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Direct;
using TsDb.Adapters.Disk;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Query;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Scrubbing;

namespace TsDb.Tests.Adapters.Http;

/// <summary>The query endpoint of an edge on a real listener, over a store in a temporary folder.</summary>
public sealed class QueryServer : IAsyncDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("tsdb-query-");
    private readonly DataDirectory _disk;
    private readonly DuckDbParser _parser = new();
    private readonly DuckDbEngine _engine;
    private readonly WebApplication _app;

    private QueryServer()
    {
        _disk = DataDirectory.Open(_root.FullName);
        Store = EdgeStore.Open(
            _disk, new EdgeStoreOptions { Id = new EdgeId("E1"), SealAge = TimeSpan.FromHours(1) },
            new StoreEnvironment(TimeProvider.System, Guid.CreateVersion7, NullLoggerFactory.Instance));
        _engine = new DuckDbEngine(
            new DuckDbOptions { Directories = [_disk.FullPath("segments")] }, _parser, TimeProvider.System);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        _app = builder.Build();
        new QueryEndpoint(
            new LocalQueryService(
                Store, new SegmentScrub(Store, _disk, NullLogger.Instance), _parser, _engine,
                new DirectEngine(_engine, new SegmentCache(1 << 20, SegmentRows.Open)), TimeProvider.System),
            new OpenAuthorizer(),
            NullLogger<QueryEndpoint>.Instance).Map(_app);
    }

    public EdgeStore Store { get; }

    public string Folder => _root.FullName;

    public HttpClient Client { get; } = new();

    public static async Task<QueryServer> StartAsync()
    {
        QueryServer server = new();
        await server._app.StartAsync();
        server.Client.BaseAddress = new Uri(server._app.Urls.Single());
        return server;
    }

    public async Task WriteAsync(params TableBatch[] batches) => Assert(
        await Store.CommitAsync(new WriteRequest([.. batches], Store.Schemas), CancellationToken.None));

    public async Task<(int Status, string Body)> GetAsync(string sql, string db = "db", string more = "")
    {
        using HttpResponseMessage response = await Client.GetAsync(new Uri(
            $"/api/v3/query_sql?db={db}&q={Uri.EscapeDataString(sql)}{more}", UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> PostAsync(object json) =>
        Client.PostAsJsonAsync("/api/v3/query_sql", json);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
        await Store.DisposeAsync();
        _engine.Dispose();
        _parser.Dispose();
        _disk.Dispose();
        _root.Delete(recursive: true);
    }

    private static void Assert(CommitOutcome outcome) => Xunit.Assert.Equal(CommitOutcome.Committed, outcome);
}
