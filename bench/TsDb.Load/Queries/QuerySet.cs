using System.Globalization;

namespace TsDb.Load.Queries;

/// <summary>
/// The 15 query types of the Time Series Benchmark Suite for the shape "cpu", each with other literals every
/// time. The same seed gives the same questions.
/// </summary>
internal sealed class QuerySet
{
    private static readonly DateTime First = new(2016, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly int _hosts;
    private readonly int _spanSeconds;
    private readonly int _instances;
    private readonly Random _random;
    private readonly List<Question> _all = [];

    private QuerySet(int hosts, int hours, int instances, int seed) =>
        (_hosts, _spanSeconds, _instances, _random) = (hosts, hours * 3_600, instances, new Random(seed));

    /// <summary>The questions, those of one type together.</summary>
    public static IReadOnlyList<Question> Of(int hosts, int hours, int instances, int seed)
    {
        QuerySet set = new(hosts, hours, instances, seed);
        foreach ((int fields, int picked, int span) in
            ((int, int, int)[])[(1, 1, 1), (1, 1, 12), (1, 8, 1), (5, 1, 1), (5, 1, 12), (5, 8, 1)])
            set.Repeat(() => set.Greatest($"single-groupby-{fields}-{picked}-{span}", fields, picked, span));
        set.Repeat(() => set.Greatest("cpu-max-all-1", CpuShape.FieldCount, 1, 8));
        set.Repeat(() => set.Greatest("cpu-max-all-8", CpuShape.FieldCount, 8, 8));
        set.Repeat(() => set.Means("double-groupby-1", 1));
        set.Repeat(() => set.Means("double-groupby-5", 5));
        set.Repeat(() => set.Means("double-groupby-all", CpuShape.FieldCount));
        set.Repeat(() => set.High("high-cpu-1", set.Pick(1)));
        set.Repeat(() => set.High("high-cpu-all", []));
        set.Repeat(set.Newest);
        set.Repeat(set.LastMinutes);
        return set._all;
    }

    private void Repeat(Func<Question> one)
    {
        for (int i = 0; i < _instances; i++) _all.Add(one());
    }

    private Question Greatest(string type, int fields, int picked, int hours)
    {
        bool isHourly = type.StartsWith("cpu-max", StringComparison.Ordinal);
        (DateTime start, DateTime end) = Window(hours, 1);
        string[] hosts = Pick(picked);
        string[] names = CpuShape.FieldNames[..fields];
        int step = isHourly ? 3_600 : 60;
        return new Question(
            type,
            $"SELECT date_trunc('{(isHourly ? "hour" : "minute")}', time) AS t, "
                + Each(names, name => $"max({name}) AS max_{name}")
                + $" FROM cpu WHERE {In(hosts)} AND {Between(start, end)} GROUP BY t ORDER BY t",
            $"SELECT {Each(names, name => $"max({name})")} FROM cpu WHERE {Or(hosts)} "
                + $"AND {InfluxBetween(start, end)} GROUP BY time({(isHourly ? "1h" : "1m")})",
            new MetricsQuestion(
                $"max(max_over_time({Selector(names, hosts)}[{(isHourly ? "1h" : "1m")}])) by (__name__)",
                Unix(start) + step, Unix(end), step));
    }

    private Question Means(string type, int fields)
    {
        (DateTime start, DateTime end) = Window(12, 1);
        string[] names = CpuShape.FieldNames[..fields];
        return new Question(
            type,
            "SELECT date_trunc('hour', time) AS t, hostname, "
                + Each(names, name => $"avg({name}) AS mean_{name}")
                + $" FROM cpu WHERE {Between(start, end)} GROUP BY t, hostname ORDER BY t, hostname",
            $"SELECT {Each(names, name => $"mean({name})")} FROM cpu WHERE {InfluxBetween(start, end)} "
                + "GROUP BY time(1h), hostname",
            new MetricsQuestion(
                $"avg(avg_over_time({Selector(names, [])}[1h])) by (__name__, hostname)",
                Unix(start) + 3_600, Unix(end), 3_600));
    }

    private Question High(string type, string[] hosts)
    {
        (DateTime start, DateTime end) = Window(12, 10);
        string one = hosts.Length == 0 ? "" : $"{In(hosts)} AND ";
        string influx = hosts.Length == 0 ? "" : $"{Or(hosts)} AND ";
        string[] all = CpuShape.FieldNames;
        return new Question(
            type,
            $"SELECT * FROM cpu WHERE usage_user > 90 AND {one}{Between(start, end)}",
            $"SELECT * FROM cpu WHERE usage_user > 90 AND {influx}{InfluxBetween(start, end)}",
            new MetricsQuestion(
                $"{Selector(all, hosts)} and on (hostname) ({Selector(all[..1], hosts)} > 90)",
                Unix(start), Unix(end) - 10, 10));
    }

    private Question Newest() => new(
        "lastpoint",
        "SELECT * FROM cpu QUALIFY row_number() OVER (PARTITION BY hostname ORDER BY time DESC) = 1",
        "SELECT * FROM cpu GROUP BY hostname ORDER BY time DESC LIMIT 1",
        new MetricsQuestion(
            "last_over_time({__name__=~\"cpu_.*\"}[1h])", 0, Unix(First.AddSeconds(_spanSeconds)), 0));

    private Question LastMinutes()
    {
        (_, DateTime end) = Window(12, 1);
        return new Question(
            "groupby-orderby-limit",
            "SELECT date_trunc('minute', time) AS t, max(usage_user) AS max_usage_user FROM cpu "
                + $"WHERE time < {Timestamp(end)} GROUP BY t ORDER BY t DESC LIMIT 5",
            $"SELECT max(usage_user) FROM cpu WHERE {InfluxBetween(First, end)} "
                + "GROUP BY time(1m) ORDER BY time DESC LIMIT 5",
            new MetricsQuestion("max(max_over_time(cpu_usage_user[1m]))", Unix(end) - 240, Unix(end), 60));
    }

    private (DateTime Start, DateTime End) Window(int hours, int alignSeconds)
    {
        int length = Math.Min(hours * 3_600, _spanSeconds);
        int start = _random.Next(_spanSeconds - length + 1) / alignSeconds * alignSeconds;
        return (First.AddSeconds(start), First.AddSeconds(start + length));
    }

    private string[] Pick(int count)
    {
        int[] hosts = [.. Enumerable.Range(0, _hosts)];
        _random.Shuffle(hosts);
        return [.. hosts.Take(count).Select(host => $"host_{host}")];
    }

    private static string Each(string[] names, Func<string, string> of) => string.Join(
        ", ", names.Select(of));

    private static string In(string[] hosts) =>
        $"hostname IN ({string.Join(", ", hosts.Select(host => $"'{host}'"))})";

    private static string Or(string[] hosts) =>
        $"({string.Join(" OR ", hosts.Select(host => $"hostname = '{host}'"))})";

    private static string Between(DateTime start, DateTime end) =>
        $"time >= {Timestamp(start)} AND time < {Timestamp(end)}";

    private static string Timestamp(DateTime time) =>
        string.Create(CultureInfo.InvariantCulture, $"TIMESTAMP '{time:yyyy-MM-dd HH:mm:ss}'");

    private static string InfluxBetween(DateTime start, DateTime end) => string.Create(
        CultureInfo.InvariantCulture,
        $"time >= '{start:yyyy-MM-ddTHH:mm:ssZ}' AND time < '{end:yyyy-MM-ddTHH:mm:ssZ}'");

    private static string Selector(string[] fields, string[] hosts)
    {
        List<string> labels = [];
        if (fields.Length > 1) labels.Add($"__name__=~\"cpu_({string.Join('|', fields)})\"");
        if (hosts.Length == 1) labels.Add($"hostname=\"{hosts[0]}\"");
        if (hosts.Length > 1) labels.Add($"hostname=~\"{string.Join('|', hosts)}\"");
        string name = fields.Length == 1 ? $"cpu_{fields[0]}" : "";
        return labels.Count == 0 ? name : $"{name}{{{string.Join(',', labels)}}}";
    }

    private static long Unix(DateTime time) => (long)(time - DateTime.UnixEpoch).TotalSeconds;
}
