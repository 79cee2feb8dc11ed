using System.Globalization;
using System.Text;
using TsDb.Columnar;
using TsDb.Columnar.Building;
using TsDb.Model;

namespace TsDb.Bench;

/// <summary>
/// The shape of TSBS cpu-only: hosts with ten tags, a row each per ten seconds, ten fields that walk between
/// 0 and 100. Made here with a fixed seed, so that every run measures the same.
/// </summary>
public static class CpuShape
{
    public const int FieldCount = 10;

    public const int Hosts = 100;
    private const long IntervalNanoseconds = 10_000_000_000;

    private static readonly string[] FieldNames =
    [
        "usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait", "usage_irq",
            "usage_softirq",
        "usage_steal", "usage_guest", "usage_guest_nice",
    ];

    private static readonly string[] TagNames =
    [
        "hostname", "region", "datacenter", "rack", "os", "arch", "team", "service", "service_version",
        "service_environment",
    ];

    public static readonly SegmentFacts Facts = new(
        new Cell(new TableId("db", "cpu"), new EdgeId("E1"), new Day(16801)), default,
        new OrdinalRange(Ordinal.First, Ordinal.First));

    /// <summary>Batches as requests bring them: in order of time, all hosts in turn.</summary>
    /// <param name="rows">Rows in all; a day of all hosts has 864,000.</param>
    /// <param name="rowsPerBatch">Rows of a request.</param>
    /// <param name="kind">What the fields hold.</param>
    public static List<TableBatch> Batches(int rows, int rowsPerBatch, ValueKind kind)
    {
        List<TableBatch> batches = [];
        TableBatchBuilder? builder = null;
        Walk(rows, (row, host, time, values) =>
        {
            builder ??= Begin(kind);
            builder.BeginSeries();
            string[] tags = Tags(host);
            for (int t = 0; t < tags.Length; t++) builder.SetTag(t, Encoding.UTF8.GetBytes(tags[t]));
            int series = builder.EndSeries();
            for (int f = 0; f < FieldCount; f++) builder.Field(f)
                .Set(builder.RowCount, Bits(values[f], kind));
            builder.EndRow(series, time);
            if (builder.RowCount < rowsPerBatch && row < rows - 1) return;
            batches.Add(builder.Build());
            builder.Dispose();
            builder = null;
        });
        return batches;
    }

    /// <summary>The same rows as integers in line protocol.</summary>
    public static byte[] Lines(int rows)
    {
        StringBuilder text = new();
        Walk(rows, (_, host, time, values) =>
        {
            text.Append("cpu");
            string[] tags = Tags(host);
            for (int t = 0; t < tags.Length; t++)
                text.Append(CultureInfo.InvariantCulture, $",{TagNames[t]}={tags[t]}");
            for (int f = 0; f < FieldCount; f++)
                text.Append(f == 0 ? ' ' : ',').Append(FieldNames[f]).Append('=').Append((long)values[f])
                    .Append('i');
            text.Append(' ').Append(time).Append('\n');
        });
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static TableBatchBuilder Begin(ValueKind kind)
    {
        TableBatchBuilder builder = new(Facts.Cell.Table, hashSeed: 1);
        foreach (string tag in TagNames) builder.AddTag(tag);
        foreach (string field in FieldNames)
            builder.AddField(field, kind == ValueKind.Integers ? FieldType.Int64 : FieldType.Float64);
        return builder;
    }

    private static long Bits(double value, ValueKind kind) => kind switch
    {
        ValueKind.Integers => (long)value,
        ValueKind.Decimals => BitConverter.DoubleToInt64Bits(Math.Round(value, 2)),
        _ => BitConverter.DoubleToInt64Bits(value),
    };

    private static string[] Tags(int host)
    {
        Random random = new(host);
        string region = Pick(random, "us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2");
        return
        [
            $"host_{host}", region, region + Pick(random, "a", "b", "c"), $"{random.Next(100)}",
            Pick(random, "Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"), Pick(random, "x64", "x86"),
            Pick(random, "SF", "NYC", "LON", "CHI"), $"{random.Next(20)}", $"{random.Next(2)}",
            Pick(random, "production", "staging", "test"),
        ];
    }

    private static string Pick(Random random, params string[] of) => of[random.Next(of.Length)];

    private static void Walk(int rows, Action<int, int, long, double[]> visit)
    {
        Random random = new(123);
        double[][] values = [.. Enumerable.Range(0, Hosts).Select(
            _ => Enumerable.Range(0, FieldCount).Select(_ => random.NextDouble() * 100).ToArray())];
        long start = Facts.Cell.Day.Range.StartNanoseconds;
        for (int row = 0; row < rows; row++)
        {
            double[] host = values[row % Hosts];
            visit(row, row % Hosts, start + (row / Hosts * IntervalNanoseconds), host);
            for (int f = 0; f < FieldCount; f++) host[f] = Math.Clamp(host[f] + Normal(random), 0, 100);
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
