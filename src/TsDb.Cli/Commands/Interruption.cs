using System.Runtime.InteropServices;

namespace TsDb.Cli.Commands;

/// <summary>
/// SIGINT (Ctrl-C) and SIGTERM: the first one asks the command to end, and leaves it behind if it does not do
/// so soon; a second one ends the program at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private const int SignalBase = 128;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Never disposed: a signal may still come while the program ends.
    private readonly CancellationTokenSource _asked = new();
    private readonly PosixSignalRegistration[] _signals;
    private int _exitCode;

    public Interruption() => _signals =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Take(signal, SignalBase + 2)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Take(signal, SignalBase + 15)),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _asked.Token;

    /// <summary>The exit code that shells expect after the signal that came; null while none came.</summary>
    public int? ExitCode => _exitCode == 0 ? null : _exitCode;

    /// <summary>Waits for the command; once a signal came only for a moment more, then throws
    /// <see cref="OperationCanceledException"/>.</summary>
    public async Task<int> WaitAsync(Task<int> command)
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registered = Token.Register(() => asked.TrySetResult());
        await Task.WhenAny(command, asked.Task);
        if (!command.IsCompleted)
            await Task.WhenAny(command, Task.Delay(Patience, TimeProvider.System, CancellationToken.None));
        return command.IsCompleted ? await command : throw new OperationCanceledException(Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals) signal.Dispose();
    }

    private void Take(PosixSignalContext signal, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) != 0) return;
        signal.Cancel = true;
        _asked.Cancel();
    }
}
