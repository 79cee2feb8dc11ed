using System.Globalization;

namespace TsDb.Conformance.Differential;

/// <summary>Random statements over the table of a <see cref="RandomData"/>.</summary>
internal sealed class RandomQuery(RandomData data, Random random)
{
    private readonly string[] _fields = [.. data.Fields];
    private readonly string[] _tags = [.. data.Tags];
    private readonly Dictionary<string, string> _plain = [];

    /// <summary>The statement for an engine that knows no functions of ours.</summary>
    public string InPlainSql(string sql) => _plain.Aggregate(
        sql, (text, call) => text.Replace(call.Key, call.Value, StringComparison.Ordinal));

    /// <summary>A statement; whether plain SQL knows all of it; whether the order of its rows is
    /// given.</summary>
    public (string Sql, bool IsPlain, bool IsOrdered) Next() => random.Next(19) switch
    {
        0 or 1 or 2 or 3 => Grouped(),
        4 => ($"SELECT {Aggregates(1, 5)} FROM t{Where()}", true, false),
        5 => Sets(),
        6 => Rows(),
        7 => ($"SELECT max(c), sum(c), count(*) FROM (SELECT {Key()} AS k, {Whole()} AS c FROM t{Where()} "
            + $"GROUP BY k)",
            true, false),
        8 => Common(),
        9 => Joined(),
        10 => ($"SELECT {Key()} AS k, count(*) FROM t{Where()} GROUP BY 1 UNION ALL "
            + $"SELECT {Text("CAST", Key())}, count(*) FROM t GROUP BY 1", false, false),
        11 => Windowed(),
        12 => (NestedCondition(), true, false),
        13 => ($"SELECT DISTINCT {Key()} AS k, {Key()} AS l FROM t{Where()}", true, false),
        14 => Series(),
        15 => ($"SELECT {Key()} AS k, count(*) AS n, sum(count(*)) OVER () AS total, "
            + $"rank() OVER (ORDER BY count(*) DESC) AS place FROM t{Where()} GROUP BY k", true, false),
        16 => NestedSeries(),
        17 => Collated(),
        _ => Latest(),
    };

    private (string Sql, bool IsPlain, bool IsOrdered) Grouped()
    {
        int count = random.Next(1, 4);
        string[] keys = [.. Enumerable.Range(0, count).Select(_ => Key()).Distinct()];
        string items = string.Join(", ", keys.Select((key, i) => $"{key} AS k{i}"));
        string group = random.Next(3) switch
        {
            0 => string.Join(", ", keys),
            1 => string.Join(", ", keys.Select((_, i) => Number(i + 1))),
            _ => string.Join(", ", keys.Select((_, i) => $"k{i}")),
        };
        string having = random.Next(4) == 0 ? $" HAVING {Whole()} > {random.Next(4)}" : "";
        bool isOrdered = random.Next(3) == 0;
        string order = "";
        if (isOrdered)
        {
            string[] orders = [.. keys.Select((_, i) => $"k{i}{Pick("", " DESC", " NULLS FIRST")}")];
            order = $" ORDER BY {string.Join(", ", orders)} LIMIT {random.Next(1, 6)} OFFSET "
                + $"{random.Next(3)}";
        }

        return ($"SELECT {items}, {Aggregates(0, 4)} FROM t{Where()} GROUP BY {group}{having}{order}", true,
            isOrdered);
    }

    private (string Sql, bool IsPlain, bool IsOrdered) Sets()
    {
        (string a, string b) = (Key(), Key());
        string sets = Pick(
            $"ROLLUP ({a}, {b})", $"CUBE ({a}, {b})", $"GROUPING SETS (({a}), ({b}), ())",
                $"ROLLUP ({a}), {b}");
        return ($"SELECT {a} AS k, {b} AS l, grouping({a}) AS g, grouping({b}, {a}) AS h, {Aggregates(1, 3)} "
            + $"FROM t{Where()} GROUP BY {sets}", true, false);
    }

    private (string Sql, bool IsPlain, bool IsOrdered) Rows()
    {
        string columns = string.Join(
            ", ", _fields.Where(_ => random.Next(2) == 0).Prepend("edge").Prepend("time"));
        string order = string.Join(", ", _tags.Prepend("edge").Prepend($"time{Pick("", " DESC")}"));
        return ($"SELECT {columns} FROM t{Where()} ORDER BY {order} LIMIT {random.Next(1, 9)} OFFSET "
            + $"{random.Next(4)}",
            true, true);
    }

    // A CTE or sub-query that only renames and filters.
    private (string Sql, bool IsPlain, bool IsOrdered) Common()
    {
        string view = $"SELECT time AS moment, edge, {Field()} AS x, {Key()} AS y FROM t{Where()}";
        return (Over(
            view, "SELECT y, count(x), min(x), max(moment) FROM ",
            " WHERE moment >= '2016-01-01 03:00' GROUP BY y"), true, false);
    }

    private (string Sql, bool IsPlain, bool IsOrdered) Joined()
    {
        string key = Key();
        return (
            $"SELECT a.k, a.n, b.m FROM (SELECT {key} AS k, count(*) AS n FROM t{Where()} GROUP BY 1) a "
            + $"{Pick("JOIN", "LEFT JOIN", "FULL JOIN")} (SELECT {key} AS k, {Whole()} AS m FROM "
                + $"t{Where()} GROUP BY 1) b "
            + "ON a.k IS NOT DISTINCT FROM b.k", true, false);
    }

    private (string Sql, bool IsPlain, bool IsOrdered) Windowed()
    {
        string key = Key();
        string order = string.Join(", ", _tags.Prepend("edge").Prepend("time DESC"));
        return ($"SELECT time, edge, {key} AS k FROM t{Where()} QUALIFY row_number() OVER (PARTITION BY "
            + $"{key} "
            + $"ORDER BY {order}) <= {random.Next(1, 3)}", true, false);
    }

    private string NestedCondition() => random.Next(3) switch
    {
        0 => "SELECT count(*), min(time) FROM t WHERE time > (SELECT min(time) FROM t)",
        1 => $"SELECT count(*) FROM t WHERE {Key()} IN (SELECT {Key()} FROM t{Where()})".Replace(
            "IN (SELECT", "IS NULL OR EXISTS (SELECT", StringComparison.Ordinal),
        _ => $"SELECT edge, (SELECT count(*) FROM t) - count(*) FROM t{Where()} GROUP BY edge",
    };

    // Functions of ours: only we know them, but all of us must agree.
    private (string Sql, bool IsPlain, bool IsOrdered) Series()
    {
        string number = NumberField() ?? "1";
        string key = Key();
        return random.Next(6) switch
        {
            0 => ($"SELECT {key} AS k, first({Field()}), last({Field()}), arg_max(edge, time) FROM "
                + $"t{Where()} GROUP BY k",
                false, false),
            1 => ($"SELECT {key} AS k, rate({Mild(number)}), increase({Mild(number)}), "
                + $"delta({Mild(number)}), integral({Mild(number)}), "
                + $"time_weighted_avg({Mild(number)}, 'locf') FROM t{Where()} GROUP BY {key}", false, false),
            2 => ($"SELECT {key} AS k, approx_quantile({number}, [0.0, 0.5, 1.0])::VARCHAR, "
                + $"approx_count_distinct({Field()}) FROM t{Where()} GROUP BY ROLLUP ({key})", false, false),
            3 => ("SELECT time_bucket_gapfill(INTERVAL '3 hours', time) AS bucket, edge, count(*), "
                + $"locf(min({number})), interpolate(avg({number})) FROM t WHERE time < '2016-01-03' "
                    + $"GROUP BY ALL",
                false, false),
            4 => ($"SELECT time, edge, moving_avg({number}, 3) FROM t{Where()}", false, false),
            _ => ($"SELECT spread({number}), histogram({number}, -10, 10, 4)::VARCHAR, "
                + $"spread({number}) FILTER (WHERE {Condition()}) FROM t{Where()}", false, false),
        };
    }

    // Functions of ours inside a sub-query or CTE: the condition around them must not reach what they see.
    private (string Sql, bool IsPlain, bool IsOrdered) NestedSeries()
    {
        string number = Mild(NumberField() ?? "1");
        string select = $"SELECT {Pick("time, edge, y", "count(*), max(y)")} FROM ";
        string outer = Pick(
            "time >= '2016-01-01 05:00'", "time < '2016-01-02'", $"edge = '{Edge()}'", "x IS NOT NULL",
            "y > 1");
        if (random.Next(2) == 0)
        {
            int before = random.Next(1, 4);
            string moving = $"moving_avg({number}, {Number(before + 1)})";
            _plain[moving] = $"avg({number}) OVER (PARTITION BY {string.Join(", ", _tags.Prepend("edge"))} "
                + $"ORDER BY time ROWS BETWEEN {Number(before)} PRECEDING AND CURRENT ROW)";
            string rows = $"SELECT time, edge, {Field()} AS x, {moving} AS y FROM t{Where()}";
            return (Over(rows, select, $" WHERE {outer}"), true, false);
        }

        string function = Pick("spread", "rate", "increase", "integral", "first");
        string call = $"{function}({number})";
        bool isPlain = function == "spread";
        if (isPlain) _plain[call] = $"(max({number}) - min({number}))";
        string groups = $"SELECT max(time) AS time, edge, count(*) AS x, {call} AS y FROM t{Where()} "
            + "GROUP BY edge";
        return (Over(groups, select, $" WHERE {outer}"), isPlain, false);
    }

    // Which of the equal texts stands for a group is anything, so that they are told in one case.
    private (string Sql, bool IsPlain, bool IsOrdered) Collated()
    {
        string tag = Tag();
        string text = $"(CASE WHEN time < '2016-01-01 12:00' THEN upper({tag}) ELSE {tag} END) "
            + "COLLATE NOCASE";
        string where = $" WHERE k {Pick("= 'A'", "<> 'b'", "IN ('A', 'c')", "> 'B'", "IS NOT NULL")}";
        string sql = random.Next(5) switch
        {
            0 => Over(
                $"SELECT {text} AS k, count(*) AS n FROM t{Where()} GROUP BY k",
                "SELECT upper(k), n FROM ", where),
            1 => Over(
                $"SELECT {text} AS k, time AS m FROM t{Where()}", "SELECT upper(k), count(*), max(m) FROM ",
                $"{where} GROUP BY k"),
            2 => Over(
                $"SELECT DISTINCT {text} AS k FROM t{Where()}", "SELECT count(*), upper(min(k)) FROM ",
                where),
            3 => Over(
                $"SELECT {text} AS k, edge FROM t{Where()}", "SELECT edge, count(DISTINCT k) FROM ",
                $"{where} GROUP BY edge"),
            _ => $"SELECT upper(min({text})), upper(max({text})) FROM t{Where()}",
        };
        return (sql, true, false);
    }

    // A view as a CTE or as a sub-query.
    private string Over(string view, string select, string rest) => random.Next(2) == 0
        ? $"WITH v AS ({view}) {select}v{rest}"
        : $"{select}({view}) AS w{rest}";

    private (string Sql, bool IsPlain, bool IsOrdered) Latest() => (random.Next(2) == 0
        ? $"SELECT time, edge, {Field()} FROM latest_by(t){Where()}"
        : $"SELECT time, edge, {Field()} FROM latest_by(t, edge) WHERE time > '2016-01-01 05:00'", false,
            false);

    private string Aggregates(int least, int most) => string.Join(", ", Enumerable
        .Range(0, random.Next(least, most + 1))
        .Select(i => $"{Filtered(Aggregate())} AS a{i}").Append("count(*) AS n"));

    private string Filtered(string aggregate) => random.Next(4) == 0 && aggregate.EndsWith(')')
        && !aggregate.StartsWith("CAST", StringComparison.Ordinal)
            ? $"{aggregate} FILTER (WHERE {Condition()})"
            : aggregate;

    private string Aggregate()
    {
        string any = Field();
        string? number = NumberField();
        return random.Next(number is null ? 9 : 20) switch
        {
            0 => $"count({any})",
            1 => $"min({any})",
            2 => $"max({any})",
            3 => $"count(DISTINCT {any})",
            4 when data.TypeOf(any) != "DOUBLE" => $"CAST(list({any} ORDER BY {any}) AS VARCHAR)",
            5 => $"string_agg(DISTINCT edge, ',' ORDER BY edge{Pick("", " DESC")})",
            6 => "max(time)",
            7 => $"bool_or({Condition()})",
            8 => $"count_if({Condition()})",
            9 or 10 => $"sum({number})",
            11 => $"avg({number})",
            12 => $"{Pick("var_pop", "var_samp", "stddev", "sem")}({Mild(number!)})",
            13 => $"{Pick("corr", "covar_pop", "covar_samp")}({Mild(number!)}, {Mild(number!)} * 2 + "
                + $"{Number(random.Next(3))})",
            14 => $"{Pick("regr_slope", "regr_count", "regr_avgx", "regr_sxx", "regr_r2")}("
                + $"{Mild(number!)}, hour(time))",
            15 => $"median({number})",
            16 => $"{Pick("quantile_disc", "quantile_cont")}({number}, {Pick("0.1", "0.5", "0.99")})",
            17 => $"sum(DISTINCT {Mild(number!)})",

            // Greatest and least integers cancel: what doubles leave of them is their order's.
            18 => $"sum(CASE WHEN {Condition()} THEN 'inf'::DOUBLE ELSE {Mild(number!)} END)",
            19 => $"avg(CASE WHEN {Condition()} THEN {number} ELSE 0 END)",
            _ => $"count({any})",
        };
    }

    // Small enough that squares neither overflow nor drown the rest.
    private static string Mild(string number) => $"greatest(least(CAST({number} AS DOUBLE), 1000), -1000)";

    private string Whole() => Pick(
        "count(*)", "count(DISTINCT edge)", $"count({Field()})", "min(hour(time))");

    private string Key()
    {
        string[] plain =
        [
            "edge", "time_bucket(INTERVAL '1 hour', time)", "time_bucket(INTERVAL '1 day', time)",
                "date_trunc('day', time)",
            "hour(time) % 3", .. _tags, .. _tags.Select(tag => $"upper({tag})"),
            .. _tags.Select(tag => $"coalesce({tag}, 'none')"), .. _fields,
            .. _fields.Select(field => $"{field} IS NULL"),
        ];
        return plain[random.Next(plain.Length)];
    }

    private string Where() => random.Next(3) switch
    {
        0 => "",
        1 => $" WHERE {Condition()}",
        _ => $" WHERE {Condition()} {Pick("AND", "OR")} {Condition()}",
    };

    private string Condition()
    {
        string edge = Edge();
        string tag = Tag();
        string number = NumberField() is { } field ? $"{field} > {random.Next(-2, 40)}" : "true";
        return random.Next(11) switch
        {
            0 => $"edge = '{edge}'",
            1 => $"edge IN ('{edge}', 'nobody')",
            2 => $"{tag} = 'a'",
            3 => $"{tag} IS NULL",
            4 => $"time >= '2016-01-0{random.Next(1, 4)}'",
            5 => $"time < TIMESTAMP '2016-01-0{random.Next(1, 4)} 0{random.Next(10)}:00:00'",
            6 => "time BETWEEN '2016-01-01 01:00:00' AND '2016-01-02 07:00:00'",
            7 => number,
            8 => $"NOT ({tag} LIKE 'a%')",
            9 => $"{Field()} IS NOT NULL",
            _ => $"({tag} IN ('a', 'b') OR {number})",
        };
    }

    private string Edge() => data.Edges.ElementAt(random.Next(data.Edges.Count()));

    private string Tag() => _tags.Length == 0 ? "edge" : _tags[random.Next(_tags.Length)];

    private string Field() => _fields[random.Next(_fields.Length)];

    private string? NumberField()
    {
        string[] numbers = [.. _fields.Where(
            field => data.TypeOf(field) is "BIGINT" or "UBIGINT" or "HUGEINT" or "DOUBLE")];
        return numbers.Length == 0 ? null : numbers[random.Next(numbers.Length)];
    }

    private static string Text(string cast, string expression) => $"{cast}({expression} AS VARCHAR)";

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
