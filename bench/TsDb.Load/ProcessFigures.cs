using System.Globalization;

namespace TsDb.Load;

/// <summary>What the kernel accounts to a process.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="PeakBytes">Highest resident memory so far.</param>
internal readonly record struct ProcessFigures(double CpuSeconds, long PeakBytes)
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on.

    public static ProcessFigures Of(int process)
    {
        string stat = File.ReadAllText($"/proc/{process}/stat");
        string[] parts = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double ticks = double.Parse(parts[11], CultureInfo.InvariantCulture)
            + double.Parse(parts[12], CultureInfo.InvariantCulture);
        string peak = File.ReadLines($"/proc/{process}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kibibytes = long.Parse(
            peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new ProcessFigures(ticks / TicksPerSecond, kibibytes * 1024);
    }
}
