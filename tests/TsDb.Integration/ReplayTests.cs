using System.Globalization;
using System.Text;
using TsDb.Integration.Fleets;
using TsDb.Load;

namespace TsDb.Integration;

/// <summary>
/// An edge that is killed with a long log starts again, whole, with little memory and fast.
/// TSDB_TEST_REPLAY_MIB sets the size of the log (64); 1024 is the size that is reported.
/// </summary>
public sealed class ReplayTests(ITestOutputHelper output) : IDisposable
{
    private const int LinesPerRequest = 2_000;
    private const int FieldCount = 50;
    private const int Writers = 4;
    private const long MemoryMaxMib = 32;
    private const long ResidentBytesMax = 300L << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("tsdb-replay-").FullName;

    private static long LogBytes => (long.TryParse(
        Environment.GetEnvironmentVariable("TSDB_TEST_REPLAY_MIB"), out long mib) ? mib : 64) << 20;

    private string WalFolder => Path.Combine(_folder, "data", "wal");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_log_of_many_times_the_memory_is_read_back_whole_within_it()
    {
        long rows = await FillAsync();
        (double reading, long bytes) = Read();
        (double loaded, _) = await StartAsync(rows, "--memory-max", "16GiB", "--seal-bytes", "16GiB");
        (double sealed_, long peak) = await StartAsync(
            rows, "--memory-max", $"{MemoryMaxMib}MiB", "--seal-bytes", "16MiB");
        double mib = bytes / (double)(1 << 20);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{mib:N0} MiB of log, {rows:N0} rows; a second of processor time reads {mib / reading:N0} MiB, "
            + $"replays {mib / loaded:N0} MiB into memory, sealed on the way with {MemoryMaxMib} MiB for "
            + $"points {mib / sealed_:N0} MiB, peak memory {peak >> 20} MiB"));
        Assert.True(peak < ResidentBytesMax, $"{peak >> 20} MiB were resident");
    }

    private async Task<long> FillAsync()
    {
        string[] flags = ["--memory-max", "16GiB", "--seal-bytes", "16GiB", "--seal-age", "7d"];
        await using LoneEdge edge = await LoneEdge.StartAsync(_folder, flags);
        string body = Body();
        long requests = 0;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            while ((await edge.StatusAsync())["log"]!["bytes"]!.GetValue<long>() < LogBytes)
            {
                Assert.Equal(204, (await edge.PostAsync("/write?db=default", body)).Status);
                Interlocked.Increment(ref requests);
            }
        }));
        await edge.Process.KillAsync(TestContext.Current.CancellationToken);
        return requests * LinesPerRequest;
    }

    /// <summary>Starts the edge, counts what it has, kills it: processor time to the ready line beyond that
    /// of an empty edge, and the most memory it took until then.</summary>
    private async Task<(double Seconds, long PeakBytes)> StartAsync(long rows, params string[] flags)
    {
        string empty = Directory.CreateDirectory(Path.Combine(_folder, "empty")).FullName;
        double idle = await SecondsAsync(empty, _ => Task.CompletedTask, flags);
        long peak = 0;
        double busy = await SecondsAsync(
            _folder,
            async edge =>
            {
                peak = ProcessFigures.Of(edge.Process.Id).PeakBytes;
                Assert.Equal(rows, await edge.NumberAsync("SELECT count(*) AS n FROM m"));
                Assert.Equal(rows, await edge.NumberAsync("SELECT count(DISTINCT time) AS n FROM m"));
            },
            flags);
        return (Math.Max(0.001, busy - idle), peak);
    }

    private static async Task<double> SecondsAsync(
        string folder, Func<LoneEdge, Task> look, string[] flags)
    {
        await using LoneEdge edge = await LoneEdge.StartAsync(folder, [.. flags, "--seal-age", "7d"]);
        double seconds = ProcessFigures.Of(edge.Process.Id).CpuSeconds;
        await look(edge);
        await edge.Process.KillAsync(TestContext.Current.CancellationToken);
        return seconds;
    }

    private (double Seconds, long Bytes) Read()
    {
        byte[] buffer = new byte[1 << 20];
        long bytes = 0;
        double before = ProcessFigures.Of(Environment.ProcessId).CpuSeconds;
        foreach (string path in Directory.EnumerateFiles(WalFolder))
        {
            using FileStream file = File.OpenRead(path);
            for (int read; (read = file.Read(buffer)) > 0;) bytes += read;
        }

        return (Math.Max(0.01, ProcessFigures.Of(Environment.ProcessId).CpuSeconds - before), bytes);
    }

    private static string Body()
    {
        Random random = new(3);
        StringBuilder lines = new();
        for (int line = 0; line < LinesPerRequest; line++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"m,host=h{line % 50} ");
            for (int field = 0; field < FieldCount; field++)
            {
                lines.Append(CultureInfo.InvariantCulture,
                    $"{(field == 0 ? "" : ",")}f{field}={random.Next(100_000) / 100.0}");
            }

            lines.Append('\n');
        }

        return lines.ToString();
    }
}
