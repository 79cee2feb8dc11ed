using System.Diagnostics;
using System.Globalization;
using TsDb.Model;

namespace TsDb.Cli.Demo;

/// <summary>One node as a process of its own session, which outlives this program unless it is
/// stopped.</summary>
internal sealed class NodeProcess
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(30);

    private const int LogLines = 5;

    private readonly TimeProvider _clock;
    private readonly Process _process;
    private readonly string _output;

    private NodeProcess(string name, Process process, string folder, TimeProvider clock)
    {
        (Name, _process, _clock) = (name, process, clock);
        (_output, LogPath) = (Path.Combine(folder, $"{name}.out"), Path.Combine(folder, $"{name}.log"));
    }

    public string Name { get; }

    public string LogPath { get; }

    public int Id => _process.Id;

    /// <summary>Starts a program of this build; standard output and error go to files in the
    /// folder.</summary>
    public static NodeProcess Start(string name, IEnumerable<string> command, string folder,
        TimeProvider clock)
    {
        // A ready line of an earlier run says nothing of this one.
        File.Delete(Path.Combine(folder, $"{name}.out"));
        ProcessStartInfo start = new("/bin/sh")
        {
            UseShellExecute = false,
            ArgumentList =
            {
                "-c", "out=$1 log=$2; shift 2; exec setsid \"$@\" >\"$out\" 2>>\"$log\" </dev/null", "sh",
                Path.Combine(folder, $"{name}.out"), Path.Combine(folder, $"{name}.log"),
            },
        };
        foreach (string part in command) start.ArgumentList.Add(part);
        Process process = Process.Start(start)
            ?? throw new TsDbException(ErrorKind.Unavailable, $"{name} could not be started");
        return new NodeProcess(name, process, folder, clock);
    }

    /// <summary>Waits for the line that a node prints when it takes requests, and returns its addresses by
    /// name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ReadyAsync(CancellationToken ct)
    {
        DateTimeOffset deadline = _clock.GetUtcNow() + ReadyWithin;
        while (true)
        {
            string? line = File.Exists(_output)
                ? (await File.ReadAllLinesAsync(_output, ct)).FirstOrDefault(l =>
                    l.StartsWith("ready ", StringComparison.Ordinal))
                : null;
            if (line is not null)
            {
                return line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)
                    .Select(part => part.Split('=', 2))
                    .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
            }

            if (_process.HasExited || _clock.GetUtcNow() > deadline)
            {
                string why = _process.HasExited ? $"ended with code {_process.ExitCode}"
                    : "is not ready after 30 s";
                throw new TsDbException(
                    ErrorKind.Unavailable,
                        $"{Name} {why}; the end of its log, {LogPath}:{await LogEndAsync(ct)}");
            }

            await Task.Delay(PollEvery, _clock, ct);
        }
    }

    private async Task<string> LogEndAsync(CancellationToken ct)
    {
        string[] lines = File.Exists(LogPath) ? await File.ReadAllLinesAsync(LogPath, ct) : [];
        return lines is [] ? " it is empty" : string.Concat(lines.TakeLast(LogLines).Select(l => $"\n  {l}"));
    }

    /// <summary>Ends it at once, as a loss of power would (SIGKILL).</summary>
    public async Task KillAsync(CancellationToken ct)
    {
        _process.Kill();
        await _process.WaitForExitAsync(ct);
    }

    /// <summary>Asks it to drain and end (SIGTERM), and waits for that.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        if (_process.HasExited) return;
        Terminate(Id);
        await _process.WaitForExitAsync(ct);
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public Task ExitAsync(CancellationToken ct) => _process.WaitForExitAsync(ct);

    /// <summary>Stops it where it stands (SIGSTOP): it holds its sockets and answers nothing.</summary>
    public void Pause() => Signal("-STOP", Id);

    /// <summary>Lets a paused node go on (SIGCONT).</summary>
    public void Resume() => Signal("-CONT", Id);

    /// <summary>Sends SIGTERM to a process.</summary>
    public static void Terminate(int processId) => Signal("-TERM", processId);

    private static void Signal(string signal, int processId)
    {
        using Process kill =
            Process.Start("/bin/kill", [signal, processId.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
