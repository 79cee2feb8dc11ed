using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using TsDb.Adapters.Mqtt;
using TsDb.Integration.Fleets;
using TsDb.Model;

namespace TsDb.Integration;

/// <summary>
/// A disk that is really full: writes are refused and say so, questions are answered and shipments go on,
/// nothing acknowledged is lost, and it is over without a restart once there is room.
/// </summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int LinesPerRequest = 500;
    private const int DaysInUse = 40;
    private const long StartNanoseconds = 1_700_000_000_000_000_000;


    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PubackWithin = TimeSpan.FromSeconds(3);

    private readonly string _folder = Directory.CreateTempSubdirectory("tsdb-full-").FullName;
    private SmallDisk _disk = null!;
    private TestFleet _cloud = null!;
    private long _acknowledged;
    private int _sent;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _disk = SmallDisk.Mount(Path.Combine(_folder, "data"), mebibytes: 96);
        _cloud = await TestFleet.StartAsync(clouds: 1, edges: 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (_cloud is not null) await _cloud.DisposeAsync();
        _disk?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Writes_stop_before_the_disk_is_full_and_go_on_when_there_is_room()
    {
        await using LoneEdge edge = await StartAsync("--seal-age", "1s", "--ship-delay", "200ms");
        for (int request = 0; request < 20; request++) Assert.Equal(204, await WriteAsync(edge));
        await FlushAsync(edge);
        await WriteAsync(edge);
        _disk.Fill(bytesLeft: 24 << 20);
        (int status, string text, var retryAfter) = await edge.PostAsync("/write?db=default", Lines());
        Assert.Equal(503, status);
        Assert.Contains("disk is full", text, StringComparison.Ordinal);
        Assert.NotNull(retryAfter);
        Assert.Contains("disk is full", await edge.GetAsync("/health"), StringComparison.Ordinal);
        Assert.False(await IsAcknowledgedAsync(edge), "PUBACK on a full disk");

        Assert.Equal(_acknowledged, await CountAsync(edge));
        await ShippedAsync(edge);
        Assert.Equal(_acknowledged, await CloudCountAsync());
        Assert.Equal(503, (await edge.PostAsync("/write?db=default", Lines())).Status);

        _disk.Relieve();
        Assert.Equal(204, await WriteAsync(edge));
        Assert.True(await IsAcknowledgedAsync(edge), "no PUBACK though there is room");
        Assert.Contains("pass", await edge.GetAsync("/health"), StringComparison.Ordinal);
        await ShippedAsync(edge);

        // The message that was never acknowledged was held, and may have been stored when there was room.
        long stored = await CountAsync(edge);
        Assert.InRange(stored, _acknowledged, _acknowledged + LinesPerRequest);
        Assert.Equal(stored, await CloudCountAsync());
    }

    [Fact]
    public async Task No_space_for_log_seal_catalog_and_cut_loses_nothing_not_even_with_a_kill()
    {
        string[] flags = ["--disk-reserve", "1", "--seal-age", "200ms", "--ship-delay", "100ms"];
        await using (LoneEdge edge = await StartAsync(flags))
        {
            using CancellationTokenSource stop = new();
            Task<int>[] writers = [.. Enumerable.Range(0, 3).Select(_ => WriteUntilAsync(edge, stop.Token))];
            for (int turn = 0; turn < 6; turn++)
            {
                long before = Interlocked.Read(ref _acknowledged);
                await edge.UntilAsync(
                    "writes are taken",
                    Soon,
                    () => Task.FromResult(Interlocked.Read(ref _acknowledged) > before));
                _disk.Fill(bytesLeft: turn % 2 == 0 ? 0 : 300_000);
                await edge.UntilAsync("the disk is felt", Soon, async () =>
                    (await edge.StatusAsync())["writes_refused"] is JsonNode);
                Assert.True(await CountAsync(edge) >= before);
                if (turn < 5) _disk.Relieve();
            }

            await stop.CancelAsync();
            Assert.True((await Task.WhenAll(writers)).Sum() > 0, "no write met the full disk");
            await edge.Process.KillAsync(Ct);
        }

        _disk.Fill(bytesLeft: 0);
        await using LoneEdge again = await StartAsync(flags);
        Assert.InRange(await CountAsync(again), _acknowledged, _sent * LinesPerRequest);
        Assert.Equal(503, (await again.PostAsync("/write?db=default", Lines())).Status);
        _disk.Relieve();
        await again.UntilAsync("writes are taken again", Soon, async () => await WriteAsync(again) == 204);
        await ShippedAsync(again);
        long count = await CountAsync(again);
        Assert.InRange(count, _acknowledged, _sent * LinesPerRequest);
        Assert.Equal(count, await CloudCountAsync());
        Assert.Equal(count, await again.NumberAsync("SELECT count(DISTINCT n) AS n FROM m"));
    }

    private Task<LoneEdge> StartAsync(params string[] flags) =>
        LoneEdge.StartAsync(_folder, [.. flags, "--uplink", $"mqtt://{_cloud.Clouds[0].Mqtt}"]);

    /// <summary>Counts what is acknowledged.</summary>
    private async Task<int> WriteAsync(LoneEdge edge)
    {
        (int status, string text, _) = await edge.PostAsync("/write?db=default", Lines());
        Assert.True(status is 204 or 503, $"{status} {text}");
        if (status == 204) Interlocked.Add(ref _acknowledged, LinesPerRequest);
        return status;
    }

    private async Task<int> WriteUntilAsync(LoneEdge edge, CancellationToken stop)
    {
        int refused = 0;
        while (!stop.IsCancellationRequested)
        {
            if (await WriteAsync(edge) != 503) continue;
            refused++;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }

        return refused;
    }

    /// <summary>Publishes as a sensor; false if no acknowledgement comes.</summary>
    private async Task<bool> IsAcknowledgedAsync(LoneEdge edge)
    {
        await using LinePublisher sensor = await LinePublisher.ConnectAsync(edge.Mqtt, "sensor", Ct);
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        patience.CancelAfter(PubackWithin);
        try
        {
            await sensor.PublishAsync(
                "tsdb/write/default", Encoding.UTF8.GetBytes(Lines()), patience.Token);
        }
        catch (Exception e) when (e is TsDbException or OperationCanceledException)
        {
            return false;
        }

        Interlocked.Add(ref _acknowledged, LinesPerRequest);
        return true;
    }

    /// <summary>Numbered points, on many days: many cells, so that a seal writes many files.</summary>
    private string Lines()
    {
        long first = (long)(Interlocked.Increment(ref _sent) - 1) * LinesPerRequest;
        StringBuilder lines = new();
        for (long n = first; n < first + LinesPerRequest; n++)
        {
            long time = StartNanoseconds + (n % DaysInUse * Day.NanosecondsLength) + n;
            lines.Append(CultureInfo.InvariantCulture, $"m,host=h{n % 7} n={n}i,v={n * 0.37} {time}\n");
        }

        return lines.ToString();
    }

    private static async Task FlushAsync(LoneEdge edge) =>
        Assert.Equal(200, (await edge.PostAsync("/api/v1/flush", "")).Status);

    private static async Task ShippedAsync(LoneEdge edge)
    {
        await edge.UntilAsync("everything is sealed", Soon, async () =>
            (await edge.StatusAsync())["buffer"]!["rows"]!.GetValue<long>() == 0);
        await edge.UntilAsync("everything is shipped", Soon, async () =>
            (await edge.StatusAsync())["ship"]!["segments_pending"]!.GetValue<long>() == 0);
    }

    private static Task<long> CountAsync(LoneEdge edge) => edge.NumberAsync("SELECT count(*) AS n FROM m");

    private Task<long> CloudCountAsync() =>
        _cloud.NumberAsync(_cloud.Clouds[0], "SELECT count(*) AS n FROM m");
}
