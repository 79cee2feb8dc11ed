using System.Globalization;
using System.Net.NetworkInformation;
using System.Text;

namespace TsDb.Cli.Demo;

/// <summary>
/// This machine's own figures as line protocol: processors, memory, disks, network, load, each core. Reads
/// /proc where
/// it exists, and what the runtime offers elsewhere. Each sample has a later time than the one before, so no
/// key repeats.
/// </summary>
internal sealed class MachineMetrics(string host, TimeProvider clock)
{
    private static readonly string[] CpuStates =
        ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
    private readonly StringBuilder _lines = new();
    private long _lastNanoseconds;

    /// <summary>The tables that samples write to.</summary>
    public static IReadOnlyList<string> Tables { get; } =
        ["cpu", "core", "memory", "load", "disk", "network"];

    /// <summary>One sample: the lines as UTF-8 and their number.</summary>
    public (byte[] Lines, int Points) Sample()
    {
        _lines.Clear();
        long ticks = clock.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        _lastNanoseconds = Math.Max(_lastNanoseconds + 1, ticks * TimeSpan.NanosecondsPerTick);
        int points = File.Exists("/proc/stat") ? SampleLinux() : SamplePortable();
        return (Encoding.UTF8.GetBytes(_lines.ToString()), points);
    }

    private int SampleLinux()
    {
        int points = 0;
        foreach (
            string line in File.ReadLines("/proc/stat").TakeWhile(l =>
                l.StartsWith("cpu", StringComparison.Ordinal)))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            IEnumerable<string> fields = CpuStates.Zip(parts.Skip(1), (name, value) => $"{name}={value}i");
            points += parts[0] == "cpu" ? Add("cpu", "", fields)
                : Add("core", $",core={parts[0][3..]}", fields);
        }

        points += Add("memory", "", File.ReadLines("/proc/meminfo").Take(8).Select(line =>
        {
            string[] parts = line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries);
            return $"{parts[0].TrimEnd(')').Replace('(', '_')}={parts[1]}i";
        }));
        string[] load = File.ReadAllText("/proc/loadavg").Split(' ');
        points += Add("load", "", [$"one={load[0]}", $"five={load[1]}", $"fifteen={load[2]}"]);
        foreach (string line in File.ReadLines("/proc/diskstats"))
        {
            string[] p = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (p.Length < 14 || p[3] == "0") continue;
            points += Add("disk", $",device={p[2]}",
                [$"reads={p[3]}i", $"sectors_read={p[5]}i", $"writes={p[7]}i", $"sectors_written={p[9]}i",
                    $"busy_ms={p[12]}i"]);
        }

        return points + SampleNetwork();
    }

    private int SamplePortable()
    {
        GCMemoryInfo memory = GC.GetGCMemoryInfo();
        int points = Add("cpu", "", [$"processors={Environment.ProcessorCount}i"]);
        points += Add("memory", "",
            [$"total={memory.TotalAvailableMemoryBytes}i", $"load={memory.MemoryLoadBytes}i"]);
        foreach (DriveInfo drive in DriveInfo.GetDrives().Where(d => d.IsReady))
            points += Add("disk", $",device={Escape(drive.Name)}", [$"free={drive.AvailableFreeSpace}i"]);
        return points + SampleNetwork();
    }

    private int SampleNetwork()
    {
        int points = 0;
        foreach (NetworkInterface net in NetworkInterface.GetAllNetworkInterfaces())
        {
            IPInterfaceStatistics s = net.GetIPStatistics();
            points += Add("network", $",interface={Escape(net.Name)}",
                [$"bytes_in={s.BytesReceived}i", $"bytes_out={s.BytesSent}i"]);
        }

        return points;
    }

    private int Add(string table, string tags, IEnumerable<string> fields)
    {
        _lines.Append(CultureInfo.InvariantCulture, $"{table},host={Escape(host)}{tags} ")
            .AppendJoin(',', fields)
            .Append(CultureInfo.InvariantCulture, $" {_lastNanoseconds}\n");
        return 1;
    }

    private static string Escape(string tag) => tag.Replace("\\", "/", StringComparison.Ordinal)
        .Replace(" ", "\\ ", StringComparison.Ordinal)
        .Replace(",", "\\,", StringComparison.Ordinal)
        .Replace("=", "\\=", StringComparison.Ordinal);
}
