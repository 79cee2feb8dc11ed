using System.Text.Json.Nodes;

namespace TsDb.Query.Isolation;

/// <summary>What can be done to a statement's text without parsing it again.</summary>
public static class StatementShape
{
    private static readonly string[] Beginnings = ["SELECT", "FROM", "VALUES"];

    /// <summary>
    /// True if <c>WITH name AS (...)</c> may be written in front of the text: it begins with SELECT, FROM or
    /// VALUES (after white space and comments) and the statement has no WITH of its own at the top.
    /// </summary>
    public static bool TakesPrefix(string sql, JsonObject tree)
    {
        JsonNode? top = tree["statements"]?[0]?["node"];
        if (top?["cte_map"]?["map"] is not JsonArray { Count: 0 }) return false;
        ReadOnlySpan<char> rest = SkipBlank(sql);
        foreach (string word in Beginnings)
        {
            if (rest.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                && (rest.Length == word.Length || !IsNamePart(rest[word.Length])))
                return true;
        }

        return false;
    }

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' || c > '\x7f';

    // White space, -- comments and /* */ comments, as far as they are simple; what is not simple is left in
    // place.
    private static ReadOnlySpan<char> SkipBlank(ReadOnlySpan<char> text)
    {
        for (; ; )
        {
            text = text.TrimStart();
            if (text.StartsWith("--"))
            {
                int end = text.IndexOf('\n');
                text = end < 0 ? [] : text[(end + 1)..];
            }
            else if (text.StartsWith("/*"))
            {
                int end = text.IndexOf("*/");
                if (end < 0 || text[2..end].Contains("/*", StringComparison.Ordinal)) return text;
                text = text[(end + 2)..];
            }
            else
            {
                return text;
            }
        }
    }
}
