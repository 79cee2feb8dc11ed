using System.Text;

namespace TsDb.Cli.Shell;

/// <summary>The commands of the shell in words.</summary>
internal static class ShellHelp
{
    /// <summary>How answers can be printed.</summary>
    public static IReadOnlyList<string> Formats { get; } =
        ["table", "chart", "csv", "json", "jsonl", "arrow", "parquet"];

    /// <summary>Name, arguments and meaning of each.</summary>
    public static IReadOnlyList<(string Name, string Arguments, string Meaning)> Commands { get; } =
    [
        ("l", "", "databases"),
        ("d", "[TABLE]", "tables, or the columns of one"),
        ("conflicts", "", "columns that edges wrote with types that differ"),
        ("c", "DATABASE", "go to another database"),
        ("f", "FORMAT", "table, chart, csv, json, jsonl; arrow and parquet need \\o"),
        ("o", "[FILE]", "write the answers to a file; without one to the terminal again"),
        ("fresh", "[on|off]", "include points that edges have not shipped (at a cloud node)"),
        ("partial", "[on|off]", "take an answer that names what is missing instead of an error"),
        ("consistency", "[one|quorum|all]", "how sure a cloud node must be"),
        ("timing", "[on|off]", "say how long each answer took, and what it rests on"),
        ("i", "FILE", "run the statements of a file"),
        ("s", "", "what was asked before"),
        ("?", "", "this help"),
        ("q", "", "leave (or Ctrl-D)"),
    ];

    /// <summary>All of it, for people.</summary>
    public static string Text()
    {
        StringBuilder text = new();
        foreach ((string name, string arguments, string meaning) in Commands)
            text.AppendLine($"  {$"\\{name} {arguments}",-32} {meaning}");
        text.AppendLine();
        text.AppendLine("  A statement may have several lines and ends with ';'. Tab completes, Up and Down");
        text.Append("  bring back what was asked, Ctrl-R searches it, Ctrl-C ends a question.");
        return text.ToString();
    }
}
