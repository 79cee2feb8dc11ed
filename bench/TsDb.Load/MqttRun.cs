using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using TsDb.Cli.Demo;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Load;

/// <summary>
/// Single points at QoS 1 from many clients, each with a few under way: an edge, which stores them before it
/// acknowledges, in turn with mosquitto, which stores nothing.
/// </summary>
internal sealed class MqttRun(int clients, int messages, int rounds) : IAsyncDisposable
{
    private static readonly int[] Windows = [1, 10];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-mqtt-load-");
    private readonly TextTable _table = new(
        "server", "under way", "messages/s", "p50 ms", "p99 ms", "CPU us/message", "messages/fsync");

    private NodeProcess? _edge;
    private Process? _broker;

    public async Task<int> RunAsync()
    {
        string[] command =
        [
            .. Programs.Find("tsdb-edge"), "--id", "load", "--data", Path.Combine(_folder.FullName, "data"),
            "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--log-level", "warning",
        ];
        _edge = NodeProcess.Start("edge", command, _folder.FullName, TimeProvider.System);
        IReadOnlyDictionary<string, string> addresses = await _edge.ReadyAsync(CancellationToken.None);
        int edgePort = int.Parse(addresses["mqtt"].Split(':')[1], CultureInfo.InvariantCulture);
        using NodeClient node = new($"http://{addresses["http"]}");
        int brokerPort = await StartBrokerAsync();
        Console.WriteLine($"{clients} clients, {messages:N0} messages a round, {rounds} rounds in turn");
        foreach (int window in Windows)
        {
            // What is compiled on the way is not what is measured.
            await RoundAsync(edgePort, _edge.Id, window, node);
            List<Figures> ours = [], theirs = [];
            for (int round = 0; round < rounds; round++)
            {
                ours.Add(await RoundAsync(edgePort, _edge.Id, window, node));
                if (_broker is not null) theirs.Add(await RoundAsync(brokerPort, _broker.Id, window, null));
            }

            Add("edge, fsync before each answer", window, Middle(ours));
            if (theirs.Count > 0) Add("mosquitto, stores nothing", window, Middle(theirs));
        }

        _table.Print(Console.Out);
        if (_broker is null) Console.WriteLine("mosquitto is not installed: nothing to compare with");
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        if (_edge is not null) await _edge.StopAsync(CancellationToken.None);
        _broker?.Kill();
        _broker?.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<Figures> RoundAsync(int port, int process, int window, NodeClient? node)
    {
        MqttPublisher[] publishers =
            await Task.WhenAll(Enumerable.Range(0, clients).Select(i => MqttPublisher.ConnectAsync(i, port)));
        (long messagesBefore, long commitsBefore) = await CountsAsync(node);
        ProcessFigures before = ProcessFigures.Of(process);
        long started = Stopwatch.GetTimestamp();
        double[][] waits = await Task.WhenAll(
            publishers.Select(client => Task.Run(() => client.PublishAsync(messages / clients, window))));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        double cpu = ProcessFigures.Of(process).CpuSeconds - before.CpuSeconds;
        (long messagesAfter, long commitsAfter) = await CountsAsync(node);
        foreach (MqttPublisher client in publishers) client.Dispose();
        double[] all = [.. waits.SelectMany(wait => wait).Order()];
        return new Figures(
            all.Length / seconds,
            all[all.Length / 2],
            all[all.Length * 99 / 100],
            cpu * 1_000_000 / all.Length,
            (double)(messagesAfter - messagesBefore) / Math.Max(1, commitsAfter - commitsBefore));
    }

    private static async Task<(long Messages, long Commits)> CountsAsync(NodeClient? node)
    {
        if (node is null) return (0, 0);
        JsonNode sensors = (await node.GetJsonAsync("/api/v1/status", CancellationToken.None))["sensors"]!;
        return (sensors["messages"]!.GetValue<long>(), sensors["commits"]!.GetValue<long>());
    }

    private async Task<int> StartBrokerAsync()
    {
        string? program = new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto" }
            .FirstOrDefault(File.Exists);
        if (program is null) return 0;
        int port = FreePorts.Next();
        string settings = Path.Combine(_folder.FullName, "mosquitto.conf");
        await File.WriteAllTextAsync(settings, string.Create(CultureInfo.InvariantCulture,
            $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"));
        _broker = Process.Start(new ProcessStartInfo(program, ["-c", settings])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        });
        for (int i = 0; i < 100; i++)
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return port;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
            }
        }

        throw new InvalidOperationException("mosquitto did not start");
    }

    private static Figures Middle(List<Figures> rounds) =>
        rounds.OrderBy(round => round.MessagesPerSecond).ElementAt(rounds.Count / 2);

    private void Add(string server, int window, Figures figures) => _table.Add(
        server,
        window.ToString(CultureInfo.InvariantCulture),
        figures.MessagesPerSecond.ToString("N0", CultureInfo.InvariantCulture),
        figures.P50.ToString("0.0", CultureInfo.InvariantCulture),
        figures.P99.ToString("0.0", CultureInfo.InvariantCulture),
        figures.CpuMicroseconds.ToString("0.0", CultureInfo.InvariantCulture),
        figures.MessagesPerSync > 1 ? figures.MessagesPerSync.ToString(
            "0.0", CultureInfo.InvariantCulture) : "-");

    private sealed record Figures(
        double MessagesPerSecond, double P50, double P99, double CpuMicroseconds, double MessagesPerSync);
}
