using System.Collections.Immutable;
using System.Text;
using TsDb.Model;

namespace TsDb.Storage.Erasure;

/// <summary>
/// Conditions on tags as people write them: <c>site = 'oslo' AND device IN ('a', 'b')</c>, or short
/// <c>site=oslo,device=a</c>. Names and values with other letters than A-Z, digits, <c>_ - . : /</c> need
/// quotes: names "double", values 'single', a quote inside is doubled. Pure.
/// </summary>
public static class WhereText
{
    /// <summary>The conditions; none for a text without any. Throws <see cref="ErrorKind.Invalid"/> with the
    /// place where it is not understood.</summary>
    public static ImmutableArray<TagCondition> Parse(string text)
    {
        Reader reader = new(text);
        ImmutableArray<TagCondition>.Builder conditions = ImmutableArray.CreateBuilder<TagCondition>();
        if (reader.IsAtEnd) return [];
        do
        {
            conditions.Add(Condition(reader));
        }
        while (reader.Take(",") || reader.TakeWord("AND"));
        return reader.IsAtEnd ? conditions.ToImmutable()
            : throw reader.Wrong("AND, a comma, or the end is expected");
    }

    /// <summary>The text of conditions, in the long form.</summary>
    public static string Print(ImmutableArray<TagCondition> conditions) => string.Join(
        " AND ",
        conditions.Select(condition => Name(condition.Tag) + (condition.Values.Length == 1
            ? $" = {Value(condition.Values[0])}"
            : $" IN ({string.Join(", ", condition.Values.Select(Value))})")));

    private static TagCondition Condition(Reader reader)
    {
        string tag = reader.Text('"', "a tag");
        if (tag is "time" or "edge")
        {
            throw reader.Wrong(tag == "time"
                ? "the time is said by --before" : "edge is not a tag, and conditions are on tags");
        }

        if (reader.Take("=")) return new TagCondition(tag, [reader.Text('\'', "a value")]);
        if (!reader.TakeWord("IN")) throw reader.Wrong("= or IN is expected");
        if (!reader.Take("(")) throw reader.Wrong("( is expected");
        SortedSet<string> values = new(StringComparer.Ordinal);
        do
        {
            values.Add(reader.Text('\'', "a value"));
        }
        while (reader.Take(","));
        return reader.Take(")") ? new TagCondition(tag, [.. values])
            : throw reader.Wrong("a comma or ) is expected");
    }

    private static string Name(string name) =>
        name.All(Reader.IsBare) && !Reader.IsKeyword(name) ? name : Quoted(name, '"');

    private static string Value(string value) => Quoted(value, '\'');

    private static string Quoted(string text, char quote) =>
        $"{quote}{text.Replace($"{quote}", $"{quote}{quote}", StringComparison.Ordinal)}{quote}";

    private sealed class Reader(string text)
    {
        private int _at;

        public bool IsAtEnd
        {
            get
            {
                Skip();
                return _at == text.Length;
            }
        }

        public static bool IsBare(char letter) =>
            char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.' or ':' or '/';

        public static bool IsKeyword(string word) =>
            word.Equals("AND", StringComparison.OrdinalIgnoreCase)
            || word.Equals("IN", StringComparison.OrdinalIgnoreCase);

        public bool Take(string sign)
        {
            Skip();
            if (!text.AsSpan(_at).StartsWith(sign, StringComparison.Ordinal)) return false;
            _at += sign.Length;
            return true;
        }

        public bool TakeWord(string word)
        {
            Skip();
            ReadOnlySpan<char> rest = text.AsSpan(_at);
            if (!rest.StartsWith(word, StringComparison.OrdinalIgnoreCase)
                || (rest.Length > word.Length && IsBare(rest[word.Length]))) return false;
            _at += word.Length;
            return true;
        }

        public string Text(char quote, string what)
        {
            Skip();
            int start = _at;
            string found = _at < text.Length && text[_at] == quote ? Quoted(quote) : Bare();
            if (found.Length > 0) return found;
            _at = start;
            throw Wrong($"{what} is expected");
        }

        public TsDbException Wrong(string why) => new(
            ErrorKind.Invalid,
            $"condition '{text}', at '{text[Math.Min(_at, text.Length)..]}': {why} "
            + "(as in: site = 'oslo' AND device IN ('a', 'b'))");

        private string Bare()
        {
            int start = _at;
            while (_at < text.Length && IsBare(text[_at])) _at++;
            return IsKeyword(text[start.._at]) ? "" : text[start.._at];
        }

        private string Quoted(char quote)
        {
            StringBuilder found = new();
            for (_at++; _at < text.Length; _at++)
            {
                if (text[_at] != quote)
                {
                    found.Append(text[_at]);
                    continue;
                }

                _at++;
                if (_at == text.Length || text[_at] != quote) return found.ToString();
                found.Append(quote);
            }

            throw Wrong($"{quote} is expected");
        }

        private void Skip()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        }
    }
}
