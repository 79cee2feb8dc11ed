using System.Globalization;
using TsDb.Adapters.Hosting;

namespace TsDb.Cli.Writing;

/// <summary>Says how far a write is: each second on a terminal, every 10 s elsewhere. Progress goes to
/// standard error.</summary>
internal sealed class WriteProgress(TimeProvider clock)
{
    private readonly long _started = clock.GetTimestamp();
    private readonly TimeSpan _every = TimeSpan.FromSeconds(Console.IsErrorRedirected ? 10 : 1);
    private TimeSpan _said;
    private long _bytes;

    /// <summary>Lines taken so far.</summary>
    public long Lines { get; private set; }

    public void Add(LineBatch batch, int refused)
    {
        Lines += batch.LineCount - refused;
        _bytes += batch.Lines.Length;
        TimeSpan now = clock.GetElapsedTime(_started);
        if (now - _said < _every) return;
        _said = now;
        Console.Error.Write(Console.IsErrorRedirected ? $"{Text(now)}\n" : $"\r{Text(now)}   ");
    }

    /// <summary>The last word: lines, bytes, time, rate.</summary>
    public string Finish()
    {
        if (_said > TimeSpan.Zero && !Console.IsErrorRedirected) Console.Error.WriteLine();
        return Text(clock.GetElapsedTime(_started));
    }

    private string Text(TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Lines:N0} lines, {ByteSizeText.Format(_bytes)} in {elapsed.TotalSeconds:0.0} s "
        + $"({Lines / Math.Max(0.001, elapsed.TotalSeconds):N0} lines/s)");
}
