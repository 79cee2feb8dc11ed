using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Http.Write;
using TsDb.Storage.Ingest;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Adapters.Http;

/// <summary>The write endpoints on a real listener of a free port, over a target in memory.</summary>
internal sealed class WriteServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WriteServer(WebApplication app, MemoryTarget target, IngestPipeline pipeline)
    {
        (_app, Target, Pipeline) = (app, target, pipeline);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public MemoryTarget Target { get; }

    public IngestPipeline Pipeline { get; }

    public HttpClient Client { get; }

    public static async Task<WriteServer> StartAsync(
        IngestLimits? limits = null, WriteEndpointOptions? options = null, Func<string?>? refusal = null,
        Func<bool>? isReady = null)
    {
        MemoryTarget target = new();
        IngestPipeline pipeline = new(target, IngestRig.Setup(limits));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        WebApplication app = builder.Build();
        WriteEndpointOptions used = options ?? new WriteEndpointOptions();
        app.MapWriteEndpoints(pipeline, new BookDesk(), used);
        app.MapProbeEndpoints(refusal ?? (() => null), isReady ?? (() => true), used);
        await app.StartAsync();
        return new WriteServer(app, target, pipeline);
    }

    public async Task<(int Status, string Body, HttpResponseMessage Response)> PostAsync(
        string path, HttpContent body)
    {
        HttpResponseMessage response = await Client.PostAsync(new Uri(path, UriKind.Relative), body);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public Task<(int Status, string Body, HttpResponseMessage Response)> PostAsync(
        string path, string body) =>
        PostAsync(path, new StringContent(body, Encoding.UTF8));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
