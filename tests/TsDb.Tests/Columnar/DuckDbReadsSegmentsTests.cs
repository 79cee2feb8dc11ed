using System.Globalization;
using System.Numerics;
using CsCheck;
using DuckDB.NET.Data;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>
/// The promise that a segment is a plain Parquet file, tried with a reader that is not ours.
/// </summary>
public sealed class DuckDbReadsSegmentsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tsdb-segment-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_value_is_read_as_written()
    {
        int number = 0;
        Gen.Select(SegmentTests.Runs, Gen.Int[1, 60]).Sample((run, rowsMax) =>
        {
            string path = Save(
                run, $"{Interlocked.Increment(ref number)}",
                new SegmentOptions { RowGroupRowsMax = rowsMax });
            using DuckDBConnection duck = Open();
            Assert.Equal(
                ModelBatches.Text(ModelBatches.Read(run.Batch)), ModelBatches.Text(ReadAll(duck, path)));
            AssertCounts(duck, path, run);
        }, iter: 40, threads: 1);
    }

    [Fact]
    public void Time_is_in_nanoseconds_and_decimals_are_decimals()
    {
        List<ModelPoint> points =
            [.. Enumerable.Range(0, 500)
            .Select(i => Point(i, ("dec", i / 100.0), ("u", ulong.MaxValue - (ulong)i)))];
        string path = Save(Merge(points), "types");
        using DuckDBConnection duck = Open();
        Assert.Equal(
            ["time TIMESTAMP_NS", "host VARCHAR", "u UBIGINT", "dec DECIMAL(18,2)"],
            Rows(duck, $"DESCRIBE SELECT * FROM '{path}'").Select(r => $"{r[0]} {r[1]}"));
        Assert.Equal(
            "2016-01-01 00:00:00.000000007",
            Rows(duck, $"SELECT time::VARCHAR FROM '{path}' WHERE epoch_ns(time) % 1000 = 7 LIMIT 1")[0][0]);
        Assert.Equal(0.07, Rows(duck, $"SELECT dec::DOUBLE FROM '{path}' WHERE dec = 0.07")[0][0]);
    }

    [Fact]
    public void Names_that_differ_only_by_case_or_are_taken_get_a_suffix()
    {
        List<ModelPoint> points =
            [Point(1, ("edge", 1L), ("Edge", 2L), ("time", 3L), ("HOST", 4L), ("time_1", 5L))];
        SortedRun run = KeyMerge.Merge(ModelBatches.Table, [ModelBatches.Build(
            points, ("edge", FieldType.Int64), ("Edge", FieldType.Int64), ("time", FieldType.Int64),
            ("HOST", FieldType.Int64), ("time_1", FieldType.Int64))]);
        string path = Save(run, "names");
        using DuckDBConnection duck = Open();
        Assert.Equal(
            ["time", "host", "edge_1", "Edge_2", "time_1", "HOST_1", "time_1_1"],
            Rows(duck, $"DESCRIBE SELECT * FROM '{path}'").Select(r => (string)r[0]!));
        using FileStream file = File.OpenRead(path);
        using SegmentReader reader = SegmentReader.Open(file);
        Assert.Equal("Edge_2", reader.Manifest.NameInFile("Edge"));
        Assert.Equal("host", reader.Manifest.NameInFile("host"));
        Assert.Equal(ModelBatches.Text(points), ModelBatches.Text(ModelBatches.Read(reader.Read().Batch)));
    }

    [Fact]
    public void Row_groups_carry_the_bounds_that_pruning_needs()
    {
        List<ModelPoint> points =
            [.. Enumerable.Range(0, 4000)
            .Select(i => Point(i, ("i", (long)i), ("f", Math.Sqrt(i)), ("s", "t" + (i / 1000))))];
        string path = Save(Merge(points), "bounds", new SegmentOptions { RowGroupRowsMax = 1000 });
        using DuckDBConnection duck = Open();
        List<object?[]> rows = Rows(duck, $"""
            SELECT row_group_id, path_in_schema, stats_min_value, stats_max_value, stats_null_count
            FROM parquet_metadata('{path}') WHERE row_group_id = 2 ORDER BY column_id
            """);
        Assert.Equal(
            ["time 2016-01-01 00:00:00.000002 2016-01-01 00:00:00.000002999 0", "host a a 0"],
            rows.Take(2).Select(r => $"{r[1]} {r[2]} {r[3]} {r[4]}"));
        Assert.Equal(["2000", "2999"], rows.Where(r => (string)r[1]! == "i").SelectMany(r => r[2..4]));
        Assert.Equal(["t2", "t2"], rows.Where(r => (string)r[1]! == "s").SelectMany(r => r[2..4]));
    }

    [Fact]
    public void The_manifest_is_in_the_footer()
    {
        string path = Save(Merge([Point(1, ("f", 0.5))]), "manifest");
        using DuckDBConnection duck = Open();
        List<object?[]> rows = Rows(
            duck, $"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')");
        Assert.Equal("tsdb.manifest", rows[0][0]);
        Assert.StartsWith(
            "{\"version\":1,\"database\":\"db\",\"table\":\"weather\",\"edge\":\"E1\"", (string)rows[0][1]!,
            StringComparison.Ordinal);
    }

    private static SortedRun Merge(List<ModelPoint> points) => KeyMerge.Merge(
        ModelBatches.Table, [ModelBatches.Build(points, GenPoints.Fields)]);

    private static ModelPoint Point(int time, params (string Name, object Value)[] fields) => new(
        new Dictionary<string, string> { ["host"] = "a" },
        SegmentTests.Facts.Cell.Day.Range.StartNanoseconds + time,
        fields.ToDictionary(f => f.Name, f => f.Value));

    private string Save(SortedRun run, string name, SegmentOptions? options = null)
    {
        string path = Path.Combine(_folder, name + ".parquet");
        File.WriteAllBytes(path, SegmentTests.Write(run, options));
        return path;
    }

    private static DuckDBConnection Open()
    {
        DuckDBConnection duck = new("DataSource=:memory:");
        duck.Open();
        return duck;
    }

    private static List<object?[]> Rows(DuckDBConnection duck, string sql)
    {
        using DuckDBCommand command = duck.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        List<object?[]> rows = [];
        while (reader.Read())
            rows.Add(
                [.. Enumerable.Range(0, reader.FieldCount)
                .Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        return rows;
    }

    private static IEnumerable<ModelPoint> ReadAll(DuckDBConnection duck, string path)
    {
        string[] names = [.. Rows(duck, $"DESCRIBE SELECT * FROM '{path}'").Select(r => (string)r[0]!)];
        HashSet<string> fieldNames = [.. GenPoints.Fields.Select(f => f.Name)];
        string columns = string.Join(
            ',', names.Skip(1).Select(n => n is "f" or "dec" ? $"\"{n}\"::DOUBLE" : $"\"{n}\""));
        string sql = $"""
            SELECT epoch_ns(time), {columns} FROM read_parquet('{path}', file_row_number=true)
            ORDER BY file_row_number
            """;
        foreach (object?[] row in Rows(duck, sql))
        {
            Dictionary<string, string> tags = [];
            Dictionary<string, object> fields = [];
            for (int i = 1; i < row.Length; i++)
            {
                if (row[i] is not { } value) continue;
                if (fieldNames.Contains(names[i]))
                    fields[names[i]] = value is BigInteger big ? (ulong)big : value;
                else tags[names[i]] = (string)value;
            }

            yield return new ModelPoint(tags, (long)row[0]!, fields);
        }
    }

    /// <summary>
    /// Asks for single values, which a reader answers by pruning: wrong bounds would lose rows.
    /// </summary>
    private static void AssertCounts(DuckDBConnection duck, string path, SortedRun run)
    {
        List<ModelPoint> points = ModelBatches.Read(run.Batch);
        foreach (ModelPoint point in points.Take(5))
        {
            foreach ((string name, object value) in point.Fields.Where(f => f.Value is not (string or bool)))
            {
                string text = Convert.ToString(value, CultureInfo.InvariantCulture)!
                    .Replace("∞", "Infinity", StringComparison.Ordinal);
                string type = value switch { double => "DOUBLE", long => "BIGINT", _ => "UBIGINT" };
                long expected = points.Count(p => p.Fields.TryGetValue(name, out object? other)
                    && (value is double left ? ((double)other).Equals(left) : other.Equals(value)));
                object? found = Rows(
                    duck, $"SELECT count(*) FROM '{path}' WHERE \"{name}\" = '{text}'::{type}")[0][0];
                Assert.True(
                    expected == Convert.ToInt64(found, CultureInfo.InvariantCulture),
                    $"{name} = {text}: {found} of {expected}");
            }
        }
    }
}
