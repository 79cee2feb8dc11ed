using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TsDb.Cli.Demo;

namespace TsDb.Integration.Shipping;

/// <summary>A real broker of somebody else's, in a process of its own on a free port of loopback.</summary>
internal sealed class Mosquitto : IDisposable
{
    private readonly string _folder;
    private Process? _process;

    private Mosquitto(int port, string folder) => (Port, _folder) = (port, folder);

    public int Port { get; }

    public Uri Url => new($"mqtt://127.0.0.1:{Port}");

    private static string? Program =>
        new[] { "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto" }
        .FirstOrDefault(File.Exists);

    /// <summary>Starts one, or skips the test where the program is not installed.</summary>
    public static async Task<Mosquitto> StartAsync(int? packetBytesMax = null)
    {
        if (Program is null) Assert.Skip("mosquitto is not installed");
        int port = FreePorts.Next();
        string folder = Directory.CreateTempSubdirectory("tsdb-mosquitto-").FullName;
        string limit = packetBytesMax is { } max ? $"max_packet_size {max}\n" : "";
        await File.WriteAllTextAsync(
            Path.Combine(folder, "conf"),
            $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n{limit}");
        Mosquitto broker = new(port, folder);
        await broker.RestartAsync();
        return broker;
    }

    public void Kill()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    public async Task RestartAsync()
    {
        ProcessStartInfo start = new(Program!, ["-c", Path.Combine(_folder, "conf")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        for (int i = 0; ; i++)
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (i < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(_folder, recursive: true);
    }
}
