using System.Globalization;

namespace TsDb.Cli.Importing;

/// <summary>Says how far the first look at a file is. Small files are through before there is anything to
/// say.</summary>
internal sealed class LookProgress(TimeProvider clock)
{
    private const int RowsBetween = 4_096;

    private readonly TimeSpan _every = TimeSpan.FromSeconds(Console.IsErrorRedirected ? 10 : 1);
    private long _said = clock.GetTimestamp();
    private long _rows;
    private bool _hasSaid;

    public void Row(double? share)
    {
        if (++_rows % RowsBetween != 0 || clock.GetElapsedTime(_said) < _every) return;
        _said = clock.GetTimestamp();
        _hasSaid = true;
        string text = string.Create(CultureInfo.InvariantCulture,
            $"looking at the columns: {_rows:N0} rows{(share is { } part ? $", {part:P0}" : "")}");
        Console.Error.Write(Console.IsErrorRedirected ? $"{text}\n" : $"\r{text}   ");
    }

    public void Finish()
    {
        if (_hasSaid && !Console.IsErrorRedirected) Console.Error.WriteLine();
    }
}
