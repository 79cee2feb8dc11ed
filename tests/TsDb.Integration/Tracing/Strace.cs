using System.Diagnostics;
using System.Globalization;

namespace TsDb.Integration.Tracing;

/// <summary>The program that records system calls.</summary>
internal static class Strace
{
    private const int ShownBytesMax = 1 << 20;

    // Files are written with write and pwrite, sockets read and written with the rest. Reads of files are
    // left out: nothing here depends on them.
    private const string Calls =
        "trace=write,writev,pwrite64,pwritev,readv,sendto,sendmsg,recvfrom,recvmsg,fsync,fdatasync,"
        + "open,openat,mkdir,rename,renameat,renameat2";

    /// <summary>Skips the test where the program is missing or may not trace.</summary>
    public static void Require()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Select(folder => Path.Combine(folder, "strace")).FirstOrDefault(File.Exists);
        if (program is null) Assert.Skip("strace is not installed");
        using Process trial =
            Process.Start(new ProcessStartInfo(program!, ["-D", "-f", "-o", "/dev/null", "/bin/true"])
            {
                RedirectStandardError = true,
            })!;
        string said = trial.StandardError.ReadToEnd();
        trial.WaitForExit();
        if (trial.ExitCode != 0 || said.Contains("Operation not permitted", StringComparison.Ordinal))
            Assert.Skip($"strace may not trace here: {said.Trim()}");
    }

    /// <summary>
    /// Words to put before a command. The command keeps the process id: the tracer is a child of its own.
    /// </summary>
    public static IEnumerable<string> Before(string traceFile) =>
    [
        "strace", "-D", "-f", "--seccomp-bpf", "-ttt", "-y",
        "-s", ShownBytesMax.ToString(CultureInfo.InvariantCulture), "-e", Calls, "-o", traceFile,
    ];

    /// <summary>The calls of a program that has ended, once the tracer has written the last.</summary>
    public static async Task<List<SystemCall>> ReadAsync(
        string traceFile, int processId, CancellationToken ct)
    {
        string end = string.Create(CultureInfo.InvariantCulture, $"{processId} ");
        while (true)
        {
            string? last = File.ReadLines(traceFile).LastOrDefault();
            if (last?.StartsWith(end, StringComparison.Ordinal) == true
                && last.EndsWith(" +++", StringComparison.Ordinal))
                return TraceReader.ReadFile(traceFile);
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }
}
