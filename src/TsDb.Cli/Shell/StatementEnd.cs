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

    /// <summary>The statements of a text, each with its semicolon; what is behind the last one counts as one
    /// if it is more than comments.</summary>
    public static IReadOnlyList<string> Statements(string text)
    {
        List<string> statements = [];
        int start = 0;
        foreach (int end in Semicolons(text).Append(text.Length - 1))
        {
            string statement = text[start..(end + 1)];
            if (statement[..CodeEnd(statement)].Trim().Length > 0) statements.Add(statement.Trim());
            start = end + 1;
        }

        return statements;
    }

    private static IEnumerable<int> Semicolons(string text)
    {
        for (int i = 0; i < text.Length; i = Next(text, i))
            if (text[i] == ';') yield return i;
    }

    // Behind the last character that is neither in an open text nor in a comment at the end.
    private static int CodeEnd(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int next = Next(text, i);
            bool isComment = next > i + 1 && text[i] is '-' or '/';
            bool isOpen = next > text.Length;
            if (isOpen || (isComment && text[Math.Min(next, text.Length)..].Trim().Length == 0)) return i;
            i = next;
        }

        return text.Length;
    }

    // Behind the text, the comment or the character that begins there; behind the end if it has none.
    private static int Next(string text, int at)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        (string close, int from) = rest[0] is '\'' or '"' ? (rest[..1].ToString(), 1)
            : rest.StartsWith("--") ? ("\n", 2)
            : rest.StartsWith("/*") ? ("*/", 2)
            : ("", 0);
        if (close.Length == 0) return at + 1;
        int found = rest[from..].IndexOf(close, StringComparison.Ordinal);
        return found < 0 ? text.Length + 1 : at + from + found + close.Length;
    }
}
