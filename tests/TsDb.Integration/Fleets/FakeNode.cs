using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TsDb.Integration.Fleets;

/// <summary>Answers what a node would, by path; 404 to all else.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeNode(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    public string Address => new Uri(Url).Authority;

    public static async Task<FakeNode> StartAsync(params (string Path, Func<string> Json)[] answers)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        foreach ((string path, Func<string> json) in answers)
            app.Map(path, context => context.Response.WriteAsync(json()));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new FakeNode(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
