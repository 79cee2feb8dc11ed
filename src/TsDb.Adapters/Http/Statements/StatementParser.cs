using System.Globalization;
using System.Text;

namespace TsDb.Adapters.Http.Statements;

/// <summary>
/// Reads the statements that writers of InfluxDB 1 begin with, as far as they can be answered. Names are
/// words or stand in double quotes, with a backslash before a quote or a backslash.
/// </summary>
internal ref struct StatementParser(string text)
{
    private const int QuotedCharsMax = 40;
    private const string Elsewhere = "ask questions in SQL at /api/v3/query_sql";

    private readonly ReadOnlySpan<char> _text = text;
    private int _at;
    private string _token = "";
    private bool _quoted;

    /// <summary>Every statement of the text; empty ones are left out.</summary>
    public static List<Statement> Parse(string text, int statementsMax)
    {
        StatementParser parser = new(text);
        List<Statement> statements = [];
        parser.Next();
        while (parser._token.Length > 0 || parser._quoted)
        {
            if (parser.TakeSign(';')) continue;
            if (statements.Count == statementsMax) return [];
            Statement statement = parser.ReadStatement();
            bool isRead = statement.Kind != StatementKind.NotUnderstood;
            if (isRead && !parser.IsEnd) statement = parser.Unexpected();
            parser.SkipStatement();
            statements.Add(statement);
        }

        return statements;
    }

    private readonly bool IsEnd => !_quoted && _token is "" or ";";

    private Statement ReadStatement()
    {
        if (TakeWord("CREATE")) return TakeWord("DATABASE") ? ReadCreateDatabase() : NotHere("CREATE");
        if (!TakeWord("SHOW"))
        {
            return _quoted || _token.Length == 0 || !char.IsAsciiLetter(_token[0])
                ? Unexpected()
                : NotHere(Quoted().ToUpperInvariant());
        }

        if (TakeWord("DATABASES")) return new Statement(StatementKind.ShowDatabases);
        if (TakeWord("DIAGNOSTICS")) return new Statement(StatementKind.ShowDiagnostics);
        if (TakeWord("USERS")) return new Statement(StatementKind.ShowUsers);
        if (TakeWord("MEASUREMENTS")) return ReadRest(StatementKind.ShowMeasurements);
        if (TakeWord("RETENTION"))
            return TakeWord("POLICIES") ? ReadRest(StatementKind.ShowRetentionPolicies) : Unexpected();
        if (TakeWord("TAG"))
            return TakeWord("KEYS") ? ReadRest(StatementKind.ShowTagKeys) : NotHere("SHOW TAG");
        if (TakeWord("FIELD"))
            return TakeWord("KEYS") ? ReadRest(StatementKind.ShowFieldKeys) : NotHere("SHOW FIELD");
        return NotHere("SHOW " + Quoted().ToUpperInvariant());
    }

    private Statement ReadCreateDatabase()
    {
        if (!TakeName(out string name)) return Unexpected();

        // Durations and replication are the operator's here: they are read over.
        if (TakeWord("WITH")) SkipStatement();
        return new Statement(StatementKind.CreateDatabase) { Database = name };
    }

    private Statement ReadRest(StatementKind kind)
    {
        Statement statement = new(kind);
        if (TakeWord("ON"))
        {
            if (!TakeName(out string database)) return Unexpected();
            statement = statement with { Database = database };
        }

        bool hasMeasurement = kind == StatementKind.ShowMeasurements
            ? TakeWord("WITH") && TakeWord("MEASUREMENT") && TakeSign('=')
            : TakeWord("FROM");
        if (hasMeasurement)
        {
            if (!TakeName(out string measurement)) return Unexpected();
            statement = statement with { Measurement = measurement };
        }

        if (TakeWord("LIMIT"))
        {
            if (!TakeNumber(out int limit)) return Unexpected();
            statement = statement with { Limit = limit };
        }

        if (!TakeWord("OFFSET")) return statement;
        return TakeNumber(out int offset) ? statement with { Offset = offset } : Unexpected();
    }

    private readonly Statement Unexpected() => new(StatementKind.NotUnderstood)
    {
        Reason = "error parsing query: found " + Quoted() + " where something else is expected at char "
            + Math.Max(1, _at - _token.Length + 1).ToString(CultureInfo.InvariantCulture),
    };

    private readonly string Quoted() => _token.Length switch
    {
        0 => "EOF",
        > QuotedCharsMax => _token[..QuotedCharsMax] + "...",
        _ => _token,
    };

    private static Statement NotHere(string what) => new(StatementKind.NotUnderstood)
    {
        Reason = what is "SELECT" or "EXPLAIN"
            ? $"{what} is not answered here: {Elsewhere}"
            : $"{what} is not understood here, only CREATE DATABASE, SHOW DATABASES, SHOW MEASUREMENTS, "
                + "SHOW TAG KEYS, SHOW FIELD KEYS, SHOW RETENTION POLICIES, SHOW USERS and SHOW DIAGNOSTICS: "
                + Elsewhere,
    };

    private void SkipStatement()
    {
        while (!IsEnd) Next();
    }

    private bool TakeWord(string word)
    {
        if (_quoted || !_token.Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        Next();
        return true;
    }

    private bool TakeSign(char sign)
    {
        if (_quoted || _token.Length != 1 || _token[0] != sign) return false;
        Next();
        return true;
    }

    private bool TakeName(out string name)
    {
        name = _token;
        bool isName = _quoted || (name.Length > 0 && (char.IsLetterOrDigit(name[0]) || name[0] == '_'));
        if (isName) Next();
        return isName;
    }

    private bool TakeNumber(out int number)
    {
        number = 0;
        if (_quoted || !int.TryParse(_token, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return false;
        Next();
        return true;
    }

    /// <summary>Goes to the next word, quoted name or single sign; an empty word at the end.</summary>
    private void Next()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
        (_token, _quoted) = ("", false);
        if (_at == _text.Length) return;
        if (_text[_at] == '"')
        {
            ReadQuoted();
            return;
        }

        int start = _at++;
        if (IsWordPart(_text[start])) while (_at < _text.Length && IsWordPart(_text[_at])) _at++;
        _token = _text[start.._at].ToString();
    }

    private void ReadQuoted()
    {
        StringBuilder name = new();
        int start = _at;
        for (_at++; _at < _text.Length; _at++)
        {
            char here = _text[_at];
            if (here == '"')
            {
                _at++;
                (_token, _quoted) = (name.ToString(), true);
                return;
            }

            if (here == '\\' && _at + 1 < _text.Length) here = _text[++_at];
            name.Append(here);
        }

        // Never closed: no name, but what it is.
        _token = _text[start..].ToString();
    }

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '.' or '-' or '$';
}
