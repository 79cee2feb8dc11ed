namespace TsDb.Cli.Shell;

/// <summary>Tells when what was typed is whole: a statement by its semicolon, a command of the shell by its
/// line.</summary>
internal static class StatementEnd
{
    /// <summary>True for a command of the shell.</summary>
    public static bool IsCommand(string text) => text.TrimStart().StartsWith('\\')
        || text.Trim() is "exit" or "quit" or "help";

    /// <summary>True if Enter sends it; a semicolon inside quotes or a comment does not count.</summary>
    public static bool IsWhole(string text) =>
        text.Trim().Length == 0 || IsCommand(text) || text[..CodeEnd(text)].TrimEnd().EndsWith(';');

    // Behind the last character that is neither in an open text nor in a comment at the end.
    private static int CodeEnd(string text)
    {
        int end = text.Length;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is '\'' or '"')
            {
                int close = text.IndexOf(text[i], i + 1);
                if (close < 0) return i;
                i = close;
            }
            else if (text.AsSpan(i).StartsWith("--"))
            {
                int line = text.IndexOf('\n', i);
                if (line < 0) return i;
                if (text[line..].Trim().Length == 0) return i;
                i = line;
            }
            else if (text.AsSpan(i).StartsWith("/*"))
            {
                int close = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                if (close < 0) return i;
                if (text[(close + 2)..].Trim().Length == 0) return i;
                i = close + 1;
            }
        }

        return end;
    }
}
