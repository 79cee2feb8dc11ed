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

    /// <summary>Counts a request that was acknowledged.</summary>
    /// <param name="batch">The lines.</param>
    /// <param name="refused">How many of them were not taken.</param>
    /// <param name="share">How much of the whole is done, 0 to 1, if that is known.</param>
    public void Add(LineBatch batch, int refused, double? share = null)
    {
        Lines += batch.LineCount - refused;
        _bytes += batch.Lines.Length;
        TimeSpan now = clock.GetElapsedTime(_started);
        if (now - _said < _every) return;
        _said = now;
        string text = Text(now) + (share is { } part
            ? string.Create(CultureInfo.InvariantCulture, $", {part:P0} of the file") : "");
        Console.Error.Write(Console.IsErrorRedirected ? $"{text}\n" : $"\r{text}   ");
    }

    /// <summary>The last word: lines, bytes, time, rate.</summary>
    public string Finish()
    {
        if (_said > TimeSpan.Zero && !Console.IsErrorRedirected) Console.Error.WriteLine();
        return Text(clock.GetElapsedTime(_started));
    }

    private string Text(TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Lines:N0} {(Lines == 1 ? "line" : "lines")}, {ByteSizeText.Format(_bytes)} "
        + $"in {elapsed.TotalSeconds:0.0} s "
        + $"({Lines / Math.Max(0.001, elapsed.TotalSeconds):N0} lines/s)");
}
