using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TsDb.Load;

/// <summary>What the kernel accounts to a process.</summary>
/// <param name="CpuSeconds">User and system time of all its threads, also those that ended.</param>
/// <param name="PeakBytes">Highest resident memory so far.</param>
internal readonly partial record struct ProcessFigures(double CpuSeconds, long PeakBytes)
{
    public static ProcessFigures Of(int process)
    {
        string peak = File.ReadLines($"/proc/{process}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        long kibibytes = long.Parse(
            peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new ProcessFigures(CpuOf(process), kibibytes * 1024);
    }

    /// <summary>Seconds of processor time of a process, to the nanosecond: /proc has them in hundredths of a
    /// second, which is longer than most questions.</summary>
    public static double CpuOf(int process)
    {
        // What clock_getcpuclockid(3) makes of a process: its complement, and the scheduler's own account.
        int clock = (~process << 3) | 2;
        if (GetTime(clock, out TimeSpec time) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"processor time of process {process}");
        return time.Seconds + (time.Nanoseconds / 1e9);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
