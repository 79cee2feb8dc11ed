using System.Buffers;

namespace TsDb.Query.Direct;

/// <summary>
/// Cuts a statement into pieces, as far as the direct path understands SQL; whatever else there is becomes
/// <see cref="SqlTokenKind.Unknown"/>, and the statement goes the general way.
/// </summary>
internal ref struct SqlLexer(string sql)
{
    private static readonly SearchValues<char> WordRest =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

    private static readonly string[] LongSymbols = ["<=", ">=", "<>", "!=", "==", "::", "||", "->"];

    private ReadOnlySpan<char> _rest = sql;

    /// <summary>The next piece.</summary>
    public SqlToken Next()
    {
        _rest = _rest.TrimStart(" \t\r\n");
        if (_rest.IsEmpty) return new SqlToken(SqlTokenKind.End, "");
        char first = _rest[0];
        if (char.IsAsciiLetter(first) || first == '_') return Take(SqlTokenKind.Word, WordLength());
        if (char.IsAsciiDigit(first)) return Take(SqlTokenKind.Number, NumberLength());
        if (first == '\'') return Quoted('\'', SqlTokenKind.Text);
        if (first == '"') return Quoted('"', SqlTokenKind.Name);
        if (_rest.StartsWith("--") || _rest.StartsWith("/*")) return new SqlToken(SqlTokenKind.Unknown, "");
        foreach (string symbol in LongSymbols)
        {
            if (_rest.StartsWith(symbol)) return Take(SqlTokenKind.Symbol, symbol.Length);
        }

        return Take("(),.*;=<>+-".Contains(first) ? SqlTokenKind.Symbol : SqlTokenKind.Unknown, 1);
    }

    private readonly int WordLength()
    {
        int length = _rest.IndexOfAnyExcept(WordRest);
        return length < 0 ? _rest.Length : length;
    }

    // Digits, and digits behind a point; an exponent makes the next piece a word, which no number has behind
    // it.
    private readonly int NumberLength()
    {
        int length = _rest.IndexOfAnyExceptInRange('0', '9');
        if (length < 0) return _rest.Length;
        if (_rest[length] != '.') return length;
        int fraction = _rest[(length + 1)..].IndexOfAnyExceptInRange('0', '9');
        return fraction < 0 ? _rest.Length : length + 1 + fraction;
    }

    private SqlToken Take(SqlTokenKind kind, int length)
    {
        string text = _rest[..length].ToString();
        _rest = _rest[length..];
        return new SqlToken(kind, text);
    }

    // A doubled quote stands for itself.
    private SqlToken Quoted(char quote, SqlTokenKind kind)
    {
        int at = 1;
        bool hasDoubled = false;
        while (true)
        {
            int next = _rest[at..].IndexOf(quote);
            if (next < 0) return new SqlToken(SqlTokenKind.Unknown, "");
            at += next + 1;
            if (at == _rest.Length || _rest[at] != quote) break;
            hasDoubled = true;
            at++;
        }

        string text = _rest[1..(at - 1)].ToString();
        _rest = _rest[at..];
        return new SqlToken(
            kind, hasDoubled ? text.Replace(new string(quote, 2), quote.ToString(), StringComparison.Ordinal)
                : text);
    }
}
