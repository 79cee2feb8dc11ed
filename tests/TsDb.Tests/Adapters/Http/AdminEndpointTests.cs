using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http;
using TsDb.Adapters.Http.Backup;
using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Http.Erasure;
using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage.Backup;

namespace TsDb.Tests.Adapters.Http;

/// <summary>What operators are answered when something is in the way.</summary>
public sealed class AdminEndpointTests : IAsyncDisposable
{
    private static readonly FaultyDisk Disk = new(1);

    private readonly TaskCompletionSource _go = new();
    private readonly TaskCompletionSource _taking = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ErasureListDesk _erasures = new();
    private readonly BookDesk _databases = new();
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    public AdminEndpointTests()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        AdminEndpoint admin = new(new OpenAuthorizer());
        admin.Map(_app, "POST", "/full", _ => throw new IOException("the disk is full"));
        admin.Map(_app, "POST", "/busy", _ => throw new TsDbException(ErrorKind.Unavailable, "no room")
        {
            RetryAfter = TimeSpan.FromSeconds(2.5),
        });
        admin.Map(_app, "POST", "/wrong", _ => throw new TsDbException(ErrorKind.Invalid, "no"));
        new BackupEndpoint(TakeAsync, TimeProvider.System, NullLogger.Instance).Map(_app, admin);
        _app.MapErasures(admin, _erasures);
        _app.MapDatabases(admin, _databases);
        _app.StartAsync().GetAwaiter().GetResult();
        _client = new HttpClient { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/full", 503, "5")]
    [InlineData("/busy", 503, "3")]
    [InlineData("/wrong", 400, "")]
    public async Task Who_is_refused_for_lack_of_room_hears_when_to_come_back(
        string path, int status, string retryAfter)
    {
        using HttpResponseMessage answer = await PostAsync(path, "");
        Assert.Equal(
            (status, retryAfter),
            ((int)answer.StatusCode, answer.Headers.RetryAfter?.ToString() ?? ""));
        Assert.Contains("error", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_backups_at_a_time_the_second_is_refused_and_a_wrong_list_as_well()
    {
        Task<HttpResponseMessage> first = PostAsync(BackupEndpoint.Path, "");
        await _taking.Task.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Ct);
        using (HttpResponseMessage second = await PostAsync(BackupEndpoint.Path, "no list"))
            Assert.Equal(409, (int)second.StatusCode);
        _go.SetResult();
        using HttpResponseMessage whole = await first;
        BackupManifest manifest = await BackupTransfer.ReceiveAsync(
            await whole.Content.ReadAsStreamAsync(Ct), BackupFolder.Open(new FaultyDisk(2)), Ct);
        Assert.Equal(["node.json"], manifest.Files.Select(file => file.Path));
        using HttpResponseMessage wrong = await PostAsync(BackupEndpoint.Path, "no list");
        Assert.Equal(400, (int)wrong.StatusCode);
    }

    [Theory]
    [InlineData("m", "host=a", 200, "\"unknown_tags\":[]")]
    [InlineData("m", "both=a", 200, "\"unknown_tags\":[]")]
    [InlineData("m", "host=a,nosuchtag=x", 200, "\"unknown_tags\":[\"nosuchtag\"]")]
    [InlineData("m", "host=a,v=1", 400, "\\u0027v\\u0027 is a field of default.m")]
    [InlineData("nix", "v=1", 200, "\"table_is_known\":false")]
    [InlineData("m", "v>1", 400, "= or IN is expected")]
    public async Task A_condition_that_no_point_can_meet_is_refused_and_one_that_none_meets_yet_is_told(
        string table, string where, int status, string words)
    {
        using HttpResponseMessage answer = await PostAsync(
            $"/api/v1/erasures?table={table}&before=2030-01-01&where={Uri.EscapeDataString(where)}", "");
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal(status == 200 ? 1 : 0, _erasures.Erased.Count);
    }

    [Theory]
    [InlineData("name=TYPO&retention=1d", 404, "no database")]
    [InlineData("name=default&retention=1d", 200, "\"retention\":\"1d\"")]
    [InlineData("name=plant&retention=1d", 200, "\"retention\":\"1d\"")]
    [InlineData("name=plant&table=t&retention=1d", 200, "\"table_is_known\":true")]
    [InlineData("name=plant&table=nix&retention=1d", 200, "\"table_is_known\":false")]
    [InlineData("name=plant&retention=NaNd", 400, "retention")]
    public async Task Retention_is_set_where_there_is_such_a_database_and_an_unknown_table_is_told(
        string query, int status, string words)
    {
        await _databases.CreateAsync("plant", Ct);
        using HttpRequestMessage put = new(HttpMethod.Put, $"/api/v1/databases?{query}");
        using HttpResponseMessage answer = await _client.SendAsync(put, Ct);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(words, await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.DoesNotContain(_databases.All, settings => settings.Name == "TYPO");
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<BackupImage> TakeAsync(CancellationToken ct)
    {
        _taking.TrySetResult();
        await _go.Task.WaitAsync(ct);
        return new BackupImage(BackupKind.Edge, "E1", Disk, new MemoryStream())
        {
            Items = [BackupItem.Of("node.json", new byte[9])],
        };
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body) => _client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) },
        HttpCompletionOption.ResponseHeadersRead, Ct);
}
