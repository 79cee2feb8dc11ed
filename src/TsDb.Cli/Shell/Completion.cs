using System.Text.RegularExpressions;

namespace TsDb.Cli.Shell;

/// <summary>What a word can become: names of tables, columns, functions, words of SQL, commands of the shell.
/// Pure.</summary>
internal sealed partial class Completion
{
    private static readonly string[] Words =
    [
        "ALL", "AND", "AS", "ASC", "ASOF", "BETWEEN", "BY", "CASE", "CAST", "DATABASES", "DESC", "DESCRIBE",
        "DISTINCT", "ELSE", "END", "EXPLAIN", "ANALYZE", "FALSE", "FILTER", "FROM", "GROUP", "GROUPING",
        "HAVING", "IN", "INTERVAL", "IS", "JOIN", "LEFT", "LIKE", "LIMIT", "NOT", "NULL", "NULLS", "OFFSET",
        "ON", "OR", "ORDER", "OVER", "PARTITION", "QUALIFY", "ROLLUP", "SELECT", "SETS", "SHOW", "TABLES",
        "THEN", "TIMESTAMP", "TRUE", "UNION", "USING", "WHEN", "WHERE", "WINDOW", "WITH",
    ];

    private static readonly string[] Functions =
    [
        "abs(", "approx_count_distinct(", "approx_quantile(", "arg_max(", "arg_min(", "avg(", "bool_and(",
        "bool_or(", "coalesce(", "concat(", "corr(", "count(", "date_bin(", "date_diff(", "date_part(",
        "date_trunc(", "delta(", "derivative(", "epoch_ns(", "first(", "greatest(", "histogram(",
        "increase(", "integral(", "interpolate(", "lag(", "last(", "least(", "locf(", "lower(", "lttb(",
        "max(", "median(", "min(", "mode(", "moving_avg(", "now(", "quantile_cont(", "rate(",
        "regexp_matches(", "round(", "row_number(", "spread(", "stddev(", "strftime(", "substring(", "sum(",
        "time_bucket(", "time_bucket_gapfill(", "time_weighted_avg(", "upper(", "variance(",
    ];

    /// <summary>Tables of the database at hand.</summary>
    public IReadOnlyCollection<string> Tables { get; set; } = [];

    /// <summary>Columns of these tables.</summary>
    public IReadOnlyCollection<string> Columns { get; set; } = [];

    /// <summary>Databases of the node.</summary>
    public IReadOnlyCollection<string> Databases { get; set; } = [];

    /// <summary>
    /// The word that ends at the cursor, where it begins, and all it can become, in order.
    /// </summary>
    public (int Start, IReadOnlyList<string> Candidates) Complete(string text, int cursor)
    {
        string before = text[..cursor];
        if (Command().Match(before) is { Success: true } command)
            return ForCommand(command.Groups["name"].Value, command.Groups["word"]);
        int start = cursor;
        while (start > 0 && (char.IsLetterOrDigit(before[start - 1]) || before[start - 1] is '_' or '.'))
            start--;
        bool isQuoted = start > 0 && before[start - 1] == '"';
        string word = before[start..];
        if (word.Length == 0 && !WantsTable().IsMatch(before)) return (start, []);
        IEnumerable<string> all = WantsTable().IsMatch(before[..start])
            ? Tables.Select(name => Name(name, isQuoted))
            : [.. Columns.Select(name => Name(name, isQuoted)), .. isQuoted ? [] : Functions,
                .. isQuoted ? [] : Words, .. Tables.Select(name => Name(name, isQuoted))];
        return (start, Starting(all, word));
    }

    /// <summary>What all candidates begin with.</summary>
    public static string CommonStart(IReadOnlyList<string> candidates)
    {
        string start = candidates[0];
        foreach (string candidate in candidates)
        {
            int length = 0;
            while (length < start.Length && length < candidate.Length
                && char.ToLowerInvariant(start[length]) == char.ToLowerInvariant(candidate[length])) length++;
            start = start[..length];
        }

        return start;
    }

    private (int Start, IReadOnlyList<string> Candidates) ForCommand(string name, Group word) => (
        word.Index,
        Starting(
            name switch
            {
                "" => ShellHelp.Commands.Select(command => $"\\{command.Name}"),
                "c" => Databases,
                "d" => Tables,
                "f" => ShellHelp.Formats,
                "fresh" or "partial" or "timing" => ["on", "off"],
                "consistency" => ["one", "quorum", "all"],
                _ => [],
            },
            word.Value));

    private static List<string> Starting(IEnumerable<string> all, string word) =>
    [
        .. all.Where(name => name.TrimStart('"').StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.Ordinal)
            .Select(name => IsLower(word) && Words.Contains(name) ? name.ToLowerInvariant() : name),
    ];

    private static bool IsLower(string word) => word.Length > 0 && word.All(c => !char.IsUpper(c));

    private static string Name(string name, bool isQuoted) =>
        isQuoted || Plain().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"")}\"";

    [GeneratedRegex(@"^\s*(\\(?<name>\w+)\s+(?<word>\S*)|(?<word>\\\S*))$")]
    private static partial Regex Command();

    [GeneratedRegex(@"\b(from|join|describe|tables\s+from)\s+""?$", RegexOptions.IgnoreCase)]
    private static partial Regex WantsTable();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex Plain();
}
