using System.Globalization;
using System.Text;
using TsDb.Model;

namespace TsDb.Conformance.Differential;

/// <summary>
/// A random table: its points as shipments of lines, and the same points as SQL for an engine that knows
/// nothing of them. Columns that an edge lacks, types that differ between edges, points written twice, late
/// and in parts, extreme numbers, texts of all kinds.
/// </summary>
internal sealed class RandomData
{
    private static readonly string[] Texts =
        ["x", "xy", "", "Ünï", "日本語", "a 'quoted' \"text\"", "back\\slash", "😀", "null", "-0"];

    private static readonly string[] TagValues = ["a", "b", "c", "Ä b", "d=1,2"];

    private static readonly double[] Doubles =
        [0, -0.0, 0.25, 1.5, -1.5, 2, 100.75, -999.5, 12.125, 3, 0.1, -7.25, 64, 1e-5];

    private static readonly long[] Integers =
        [0, 1, -1, 2, 3, 5, 7, 42, -300, 1_000_000, long.MaxValue, long.MinValue, 9_007_199_254_740_993];

    private static readonly ulong[] Unsigned = [0, 1, 2, 17, 1_000, ulong.MaxValue, long.MaxValue + 1UL];

    private readonly Random _random;
    private readonly Dictionary<string, char[]> _columnsOfEdge = [];
    private readonly SortedDictionary<string, SortedSet<char>> _types = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _tags = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Edge, string Host, string Rack, long Time), SortedDictionary<string,
        Cell>>
        _points = [];

    public RandomData(int seed)
    {
        _random = new Random(seed);
        int edges = _random.Next(1, 5);
        for (int edge = 1; edge <= edges; edge++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"e{edge}");
            _columnsOfEdge[name] = [.. "fiubs".Where(_ => _random.Next(5) > 0), "fiubs"[_random.Next(5)]];
        }

        foreach (string edge in _columnsOfEdge.Keys)
        {
            for (int batch = _random.Next(1, 4); batch > 0; batch--) Batches.Add((edge, Lines(edge)));
        }

        // Shipments of different edges come in any order; those of one edge stay in theirs.
        Batches = [.. Batches.OrderBy(_ => _random.Next()).GroupBy(b => b.Edge).SelectMany(g =>
            Batches.Where(b => b.Edge == g.Key))];
    }

    /// <summary>Shipments in order.</summary>
    public List<(string Edge, string Lines)> Batches { get; } = [];

    /// <summary>Fields that are there, by name.</summary>
    public IEnumerable<string> Fields => _types.Keys;

    /// <summary>Tags that are there.</summary>
    public IEnumerable<string> Tags => _tags;

    public IEnumerable<string> Edges => _columnsOfEdge.Keys;

    /// <summary>The SQL type of a field after all edges' types were brought together.</summary>
    public string TypeOf(string field) => string.Concat(_types[field]) switch
    {
        "i" => "BIGINT",
        "u" => "UBIGINT",
        "iu" => "HUGEINT",
        "b" => "BOOLEAN",
        "f" or "fi" or "fu" or "fiu" => "DOUBLE",
        _ => "VARCHAR",
    };

    /// <summary>Statements that make the table as plain SQL.</summary>
    public IEnumerable<string> Sql()
    {
        string[] columns = [.. _tags, .. _types.Keys];
        IEnumerable<string> declared = columns.Select(name =>
            $"{name} {(_tags.Contains(name) ? "VARCHAR" : TypeOf(name))}");
        yield return $"CREATE TABLE t (time TIMESTAMP_NS, edge VARCHAR, {string.Join(", ", declared)})";
        foreach (((string edge, string host, string rack, long time), SortedDictionary<string,
            Cell> fields) in _points)
        {
            IEnumerable<string> values = columns.Select(name => name switch
            {
                "host" => Tag(host),
                "rack" => Tag(rack),
                _ => fields.TryGetValue(name, out Cell? cell) ? $"CAST({cell.Sql} AS {TypeOf(name)})"
                    : "NULL",
            });
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"INSERT INTO t VALUES (make_timestamp_ns({time}), '{edge}', {string.Join(", ", values)})");
        }
    }

    /// <summary>A few tombstones over points of this table.</summary>
    public Erasures Erase()
    {
        TableId table = new("db", "t");
        Erasures erasures = Erasures.None;
        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            List<TagCondition> where = [];
            if (_random.Next(3) > 0)
                where.Add(new TagCondition("host", [.. TagValues.Where(_ => _random.Next(2) == 0), "a"]));
            if (where.Count == 0 || _random.Next(3) == 0)
                where.Add(new TagCondition("rack", [TagValues[_random.Next(2)]]));
            if (_random.Next(6) == 0) where.Clear();
            erasures = erasures.With(table, [.. where], Moment());
        }

        return erasures;
    }

    private static string Tag(string value) => value.Length == 0 ? "NULL" : Quoted(value);

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private string Lines(string edge)
    {
        StringBuilder lines = new();
        for (int i = _random.Next(1, 30); i > 0; i--)
        {
            string host = _random.Next(5) == 0 ? "" : TagValues[_random.Next(TagValues.Length)];
            string rack = _random.Next(3) == 0 ? "" : TagValues[_random.Next(2)];
            SortedDictionary<string, Cell> fields = [];
            foreach (char type in _columnsOfEdge[edge])
            {
                if (_random.Next(4) > 0) fields[type.ToString()] = Value(type);
            }

            // One column has the type that the edge likes.
            if (fields.Count == 0 || _random.Next(3) == 0) fields["m"] = Value(_columnsOfEdge[edge][^1]);
            long time = Moment();
            Keep((edge, host, rack, time), fields);
            string tags = (host.Length == 0 ? "" : $",host={Escaped(host)}")
                + (rack.Length == 0 ? "" : $",rack={Escaped(rack)}");
            string written = string.Join(',', fields.Select(field => $"{field.Key}={field.Value.Line}"));
            lines.Append(CultureInfo.InvariantCulture, $"t{tags} {written} {time}\n");
        }

        return lines.ToString();
    }

    private long Moment() => ((16_801L + _random.Next(3)) * Day.NanosecondsLength)
        + (_random.Next(8) * 3_599_999_999_999L) + _random.Next(2);

    private void Keep((string Edge, string Host, string Rack, long Time) key, SortedDictionary<string,
        Cell> fields)
    {
        if (key.Host.Length > 0) _tags.Add("host");
        if (key.Rack.Length > 0) _tags.Add("rack");
        if (!_points.TryGetValue(key, out SortedDictionary<string, Cell>? point)) _points.Add(
            key, point = []);
        foreach ((string name, Cell value) in fields)
        {
            point[name] = value;
            if (!_types.TryGetValue(name, out SortedSet<char>? types)) _types.Add(name, types = []);
            types.Add(value.Type);
        }
    }

    private static string Escaped(string tag) => tag.Replace(" ", "\\ ", StringComparison.Ordinal)
        .Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal);

    private Cell Value(char type)
    {
        switch (type)
        {
            case 'f':
                string number = Doubles[_random.Next(Doubles.Length)].ToString(
                    "R", CultureInfo.InvariantCulture);
                return new Cell(type, number, $"CAST('{number}' AS DOUBLE)");
            case 'i':
                string signed = Integers[_random.Next(_random.Next(Integers.Length) + 1)].ToString(
                    CultureInfo.InvariantCulture);
                return new Cell(type, signed + "i", $"CAST('{signed}' AS BIGINT)");
            case 'u':
                string plain = Unsigned[_random.Next(Unsigned.Length)].ToString(CultureInfo.InvariantCulture);
                return new Cell(type, plain + "u", $"CAST('{plain}' AS UBIGINT)");
            case 'b':
                string word = _random.Next(2) == 0 ? "true" : "false";
                return new Cell(type, word, word);
            default:
                string text = Texts[_random.Next(Texts.Length)];
                string line = text.Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("\"", "\\\"", StringComparison.Ordinal);
                return new Cell('s', $"\"{line}\"", Quoted(text));
        }
    }

    private sealed record Cell(char Type, string Line, string Sql);
}
