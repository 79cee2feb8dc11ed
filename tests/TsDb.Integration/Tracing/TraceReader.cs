using System.Text.RegularExpressions;

namespace TsDb.Integration.Tracing;

/// <summary>
/// Reads what <c>strace -f -ttt -y</c> writes. A call during which another thread did something stands on two
/// lines, "unfinished" and "resumed", which are put together here.
/// </summary>
internal static partial class TraceReader
{
    private const string Unfinished = " <unfinished ...>";

    /// <summary>The calls of a trace, in the order in which they ended; those that never did, last.</summary>
    public static List<SystemCall> Read(IEnumerable<string> lines)
    {
        Dictionary<string, (string Text, int Line)> open = new(StringComparer.Ordinal);
        List<SystemCall> calls = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            Match start = Start().Match(line);
            if (!start.Success) continue;
            string thread = start.Groups["thread"].Value;
            string text = line[start.Length..];
            int began = number;
            Match resumed = Resumed().Match(text);
            if (resumed.Success)
            {
                // The beginning may have been before the tracer looked.
                if (!open.Remove(thread, out (string Text, int Line) first)) continue;
                (text, began) = (first.Text + text[resumed.Length..], first.Line);
            }

            if (text.EndsWith(Unfinished, StringComparison.Ordinal))
                open[thread] = (text[..^Unfinished.Length], began);
            else if (Whole(text, began, number) is { } call)
                calls.Add(call);
        }

        calls.AddRange(open.Values.Select(cut => NeverEnded(cut.Text, cut.Line)));
        return calls;
    }

    /// <summary>The lines of a trace file.</summary>
    public static List<SystemCall> ReadFile(string path) => Read(File.ReadLines(path));

    private static SystemCall? Whole(string text, int began, int ended)
    {
        Match end = End().Match(text);
        int bracket = text.IndexOf('(', StringComparison.Ordinal);
        if (!end.Success || bracket <= 0) return null; // A signal, or the end of a thread.
        return new SystemCall(
            text[..bracket],
            text[(bracket + 1)..end.Index],
            end.Groups["result"].Value,
            began,
            ended);
    }

    private static SystemCall NeverEnded(string text, int began)
    {
        int bracket = text.IndexOf('(', StringComparison.Ordinal);
        return new SystemCall(text[..bracket], text[(bracket + 1)..], null, began, int.MaxValue);
    }

    [GeneratedRegex(@"^(?<thread>\d+)\s+\d+\.\d+ (?!\+\+\+|---)")]
    private static partial Regex Start();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>")]
    private static partial Regex Resumed();

    // The last one of the line: bytes that were sent may look like it.
    [GeneratedRegex(@"\)\s+= (?<result>(?:-?\d|\?).*?)$", RegexOptions.RightToLeft)]
    private static partial Regex End();
}
