using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TsDb.Load;

/// <summary>Processor time to the nanosecond: /proc has it in hundredths of a second, which is longer than
/// most questions.</summary>
internal static partial class ProcessClock
{
    /// <summary>Seconds of user and system time of all threads of a process, also those that ended.</summary>
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
