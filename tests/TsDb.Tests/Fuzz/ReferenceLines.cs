using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Line protocol once more, byte by byte and without a thought of speed, for the first dialect: what the fast
/// reader makes of a body is compared with this. Bytes are characters of Latin-1 until they are values.
/// </summary>
internal sealed partial class ReferenceLines
{
    private readonly string _body;
    private readonly Dictionary<string, Dictionary<string, string>> _columns = [];
    private int _at;

    private ReferenceLines(byte[] body) => _body = Encoding.Latin1.GetString(body);

    /// <summary>The points as <c>table[tags] fields time</c>, in the order of their lines.</summary>
    public List<(string Table, string Text)> Points { get; } = [];

    /// <summary>Lines that are no points.</summary>
    public int Refused { get; private set; }

    public static ReferenceLines Read(byte[] body)
    {
        ReferenceLines lines = new(body);
        lines.ReadAll();
        return lines;
    }

    private char Here => _at < _body.Length ? _body[_at] : '\n';

    private bool IsEnd => _at >= _body.Length;

    private bool IsLineEnd =>
        IsEnd || Here == '\n' || (Here == '\r' && (_at + 1 == _body.Length || _body[_at + 1] == '\n'));

    private void ReadAll()
    {
        while (!IsEnd)
        {
            if (Here is ' ' or '\t' or '\n' || (Here == '\r' && IsLineEnd))
            {
                _at++;
                continue;
            }

            if (Here == '#' && TakeComment()) continue;
            Line line = new();
            if (!ReadLine(line))
            {
                // A line with a fault ends at the first line feed behind the fault.
                int feed = _body.IndexOf('\n', Math.Min(_at, _body.Length));
                _at = feed < 0 ? _body.Length : feed + 1;
                Refused++;
            }
            else if (!Take(line))
            {
                Refused++;
            }
        }
    }

    private bool TakeComment()
    {
        int feed = _body.IndexOf('\n', _at);
        if (feed < 0) feed = _body.Length;
        string text = _body[_at..feed];
        if (text.EndsWith('\r')) text = text[..^1];
        if (text.Any(c => c != '\t' && IsControl(c))) return false;
        _at = feed;
        return true;
    }

    /// <summary>Reads a line behind its end; false at the place of a fault.</summary>
    private bool ReadLine(Line line)
    {
        if (Here == '#') return false;
        if (!ReadKey(line)) return false;
        while (Here == ' ' && !IsEnd) _at++;
        if (IsLineEnd) return false;
        while (true)
        {
            if (!ReadFieldName(out string name) || !ReadValue(out string value)) return false;
            line.Fields.Add((name, value));
            if (!IsEnd && Here == ',')
            {
                _at++;
                if (IsEnd) return false;
                continue;
            }

            bool spaced = !IsEnd && Here == ' ';
            while (!IsEnd && Here == ' ') _at++;
            if (spaced && !IsLineEnd) return ReadTime(line);
            return TakeLineEnd();
        }
    }

    private bool ReadKey(Line line)
    {
        int start = _at;
        while (!IsEnd && Here is not (' ' or '\t' or '\n' or '\r'))
            _at += Here == '\\' && _at + 1 < _body.Length && _body[_at + 1] == ' ' ? 2 : 1;
        _at = Math.Min(_at, _body.Length);
        line.Key = _body[start.._at];
        if (line.Key.Length == 0 || (!IsEnd && Here != ' ' && !IsLineEnd)) return false;

        // Names without control characters; a value is what stands behind an equals sign of a tag.
        List<string> parts = Split(line.Key, ',');
        for (int i = 0; i < parts.Count; i++)
        {
            string name = i == 0 ? parts[i] : Split(parts[i], '=', 2)[0];
            if (name.Any(IsControl)) return false;
        }

        return true;
    }

    private bool ReadFieldName(out string name)
    {
        int start = _at;
        while (!IsEnd && Here is not (' ' or ',' or '=') && !IsControl(Here))
            _at += Here == '\\' && _at + 1 < _body.Length && _body[_at + 1] is ' ' or ',' or '=' ? 2 : 1;
        name = _body[start..Math.Min(_at, _body.Length)];
        if (IsEnd || Here != '=' || name.Length == 0 || !IsUtf8(name)) return false;
        _at++;
        return true;
    }

    private bool ReadValue(out string value)
    {
        value = "";
        if (IsEnd) return false;
        if (Here == '"') return ReadText(out value);
        int end = _at;
        while (end < _body.Length && _body[end] is not (' ' or ',' or '\n' or '\r')) end++;
        string token = _body[_at..end];
        string? read = Number(token) ?? Truth(token);
        if (read is null) return false;
        (value, _at) = (read, end);
        return true;
    }

    private bool ReadText(out string value)
    {
        value = "";
        StringBuilder text = new();
        int at = _at + 1;
        while (true)
        {
            if (at >= _body.Length || (_body[at] == '\\' && at + 1 >= _body.Length)) return false;
            char c = _body[at++];
            if (c == '"') break;
            if (c == '\\' && _body[at] is '"' or '\\') c = _body[at++];
            text.Append(c);
        }

        _at = at;
        if (!IsUtf8(text.ToString())) return false;
        value = "s:" + Utf8(text.ToString());
        return true;
    }

    private bool ReadTime(Line line)
    {
        int end = _at;
        if (_body[end] == '-') end++;
        while (end < _body.Length && char.IsAsciiDigit(_body[end])) end++;
        string token = _body[_at..end];
        int start = _at;
        _at = end;
        bool ends = IsLineEnd || Here == ' ';
        if (!token.Any(char.IsAsciiDigit) || !ends
            || !long.TryParse(
                token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long time))
        {
            _at = start;
            return false;
        }

        while (!IsEnd && Here == ' ') _at++;
        line.Time = time;
        return TakeLineEnd();
    }

    private bool TakeLineEnd()
    {
        if (!IsLineEnd) return false;
        if (!IsEnd && Here == '\r') _at++;
        if (!IsEnd) _at++;
        return true;
    }

    /// <summary>Takes a line that is one, by the rules of tables.</summary>
    private bool Take(Line line)
    {
        List<string> parts = Split(line.Key, ',');
        string measurement = parts[0];
        if (measurement.Length == 0 || !IsUtf8(measurement)) return false;
        string table = Utf8(Unescaped(measurement, ", "));
        Dictionary<string, string> known = _columns.GetValueOrDefault(table, []);
        Dictionary<string, string> columns = new(known);
        SortedDictionary<string, string> tags = new(StringComparer.Ordinal);
        foreach (string part in parts.Skip(1))
        {
            List<string> pair = Split(part, '=', 2);
            if (pair.Count < 2 || pair[0].Length == 0 || pair[1].Length == 0) return false;
            if (!IsUtf8(pair[0]) || !IsUtf8(pair[1])) return false;
            string name = Utf8(Unescaped(pair[0], ",= "));
            if (name is "time" or "_field" or "_measurement") return false;
            if (!tags.TryAdd(name, Utf8(Unescaped(pair[1], ",= ")))) return false;
            if (columns.TryGetValue(name, out string? role) && role != "tag") return false;
            columns[name] = "tag";
        }

        SortedDictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach ((string raw, string value) in line.Fields)
        {
            string name = Utf8(Unescaped(raw, ",= "));
            if (name == "time") return false;
            if (columns.TryGetValue(name, out string? type) && type != value[..2]) return false;
            columns[name] = value[..2];
            fields[name] = value[2..];
        }

        if (line.Time is < -long.MaxValue + 1 or > long.MaxValue - 1) return false;
        _columns[table] = columns;
        Points.Add((table, $"{table}[{Pairs(tags)}] {Pairs(fields)} {line.Time?.ToString() ?? "now"}"));
        return true;
    }

    private static string Pairs(SortedDictionary<string, string> pairs) =>
        string.Join(',', pairs.Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>Splits at a sign without a backslash before it; pairs of them mean nothing.</summary>
    private static List<string> Split(string text, char sign, int partsMax = int.MaxValue)
    {
        List<string> parts = [];
        int start = 0;
        for (int at = 0; at < text.Length && parts.Count + 1 < partsMax; at++)
        {
            if (text[at] != sign || (at > start && text[at - 1] == '\\')) continue;
            parts.Add(text[start..at]);
            start = at + 1;
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static string Unescaped(string text, string signs)
    {
        StringBuilder plain = new();
        for (int at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length && signs.Contains(text[at + 1])) at++;
            plain.Append(text[at]);
        }

        return plain.ToString();
    }

    private static string? Number(string token)
    {
        if (Integer().IsMatch(token))
            return long.TryParse(token[..^1], CultureInfo.InvariantCulture, out long i) ? $"i:{i}" : null;
        if (Unsigned().IsMatch(token))
            return ulong.TryParse(token[..^1], CultureInfo.InvariantCulture, out ulong u) ? $"u:{u}" : null;
        if (!Decimal().IsMatch(token)) return null;
        double d = double.Parse(token, CultureInfo.InvariantCulture);
        return double.IsFinite(d) ? $"f:{d.ToString("R", CultureInfo.InvariantCulture)}" : null;
    }

    private static string? Truth(string token) => token switch
    {
        "t" or "T" or "true" or "True" or "TRUE" => "b:True",
        "f" or "F" or "false" or "False" or "FALSE" => "b:False",
        _ => null,
    };

    private static bool IsControl(char c) => c is < ' ' or '\u007f';

    private static bool IsUtf8(string latin) =>
        System.Text.Unicode.Utf8.IsValid(Encoding.Latin1.GetBytes(latin));

    private static string Utf8(string latin) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));

    [GeneratedRegex(@"^-?[0-9]+i\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[0-9]+u\z")]
    private static partial Regex Unsigned();

    [GeneratedRegex(@"^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z")]
    private static partial Regex Decimal();

    private sealed class Line
    {
        public string Key { get; set; } = "";

        public List<(string Name, string Value)> Fields { get; } = [];

        public long? Time { get; set; }
    }
}
