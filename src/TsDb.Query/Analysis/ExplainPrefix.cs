using System.Text.RegularExpressions;

namespace TsDb.Query.Analysis;

/// <summary>EXPLAIN and EXPLAIN ANALYZE in front of a SELECT: the engine's grammar as data knows SELECT
/// only.</summary>
internal static partial class ExplainPrefix
{
    /// <summary>The statement without the words, and what they ask for.</summary>
    public static (string Sql, ExplainMode Mode) Take(string sql)
    {
        Match words = Words().Match(sql);
        if (!words.Success) return (sql, ExplainMode.None);
        bool runs = words.Groups["analyze"].Success;

        // Blanks keep the places in the parser's messages.
        return (new string(' ', words.Length) + sql[words.Length..], runs ? ExplainMode.Analyze
            : ExplainMode.Plan);
    }

    [GeneratedRegex(@"^\s*EXPLAIN\s+(?<analyze>ANALYZE\s+)?",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Words();
}
