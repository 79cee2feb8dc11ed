using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using TsDb.Adapters.Http.Results;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Ports;
using TsDb.Tests.Adapters.DuckDb;

namespace TsDb.Tests.Adapters.Http.Results;

public sealed class ResultFormatTests(EngineFixture db) : IClassFixture<EngineFixture>
{
    [Theory]
    [InlineData("1 AS a, 'x' AS b", """[{"a":1,"b":"x"}]""")]
    [InlineData("1 AS a, 2 AS a, 3 AS a_1, 4 AS a", """[{"a":1,"a_2":2,"a_1":3,"a_3":4}]""")]
    [InlineData(
        "NULL AS n, 'nan'::DOUBLE AS x, 'inf'::FLOAT AS y, '-inf'::DOUBLE AS z",
        """[{"n":null,"x":null,"y":null,"z":null}]""")]
    [InlineData("0.1::DOUBLE AS a, 1e300::DOUBLE b, -0.0::DOUBLE c", """[{"a":0.1,"b":1E+300,"c":-0}]""")]
    [InlineData(
        "5e-324::DOUBLE d, 21.37::DOUBLE e, 0.1::FLOAT f, 3::DOUBLE g",
        """[{"d":5E-324,"e":21.37,"f":0.1,"g":3}]""")]
    [InlineData(
        "170141183460469231731687303715884105727::HUGEINT a, -5::HUGEINT b",
        """[{"a":170141183460469231731687303715884105727,"b":-5}]""")]
    [InlineData(
        "18446744073709551615::UBIGINT c, (-128)::TINYINT d", """[{"c":18446744073709551615,"d":-128}]""")]
    [InlineData(
        "1.50::DECIMAL(4,2) a, -0.05::DECIMAL(18,2) b, 12345678901234567890.123::DECIMAL(38,3) c",
        """[{"a":1.50,"b":-0.05,"c":12345678901234567890.123}]""")]
    [InlineData(
        "TIMESTAMP_NS '2016-01-01 00:00:00.123456789' a, TIMESTAMP '2016-01-01' b",
        """[{"a":"2016-01-01T00:00:00.123456789Z","b":"2016-01-01T00:00:00Z"}]""")]
    [InlineData(
        "TIMESTAMP_MS '1969-12-31 23:59:59.999' a, TIMESTAMPTZ '2016-01-01 02:00:00+02' b",
        """[{"a":"1969-12-31T23:59:59.999Z","b":"2016-01-01T00:00:00Z"}]""")]
    [InlineData(
        "DATE '0044-03-15' b, TIME '01:02:03.5' c, TIMESTAMP 'infinity' d",
        """[{"b":"0044-03-15","c":"01:02:03.5","d":null}]""")]
    [InlineData(
        "TIMESTAMP_NS 'infinity' a, TIMESTAMP_NS '-infinity' b",
        """[{"a":"2262-04-11T23:47:16.854775807Z","b":"1677-09-21T00:12:43.145224193Z"}]""")]
    [InlineData(
        "INTERVAL '1 year 2 days 3.5 seconds' a, TIMESTAMP '294247-01-01' b",
        """[{"a":"P12M2DT3.5S","b":"294247-01-01T00:00:00Z"}]""")]
    [InlineData(
        "'a\"b\\c' || chr(10) || chr(1) || chr(9) a, 'ü日本😀' b, '' c, true d, '</script>' f",
        "[{\"a\":\"a\\\"b\\\\c\\n\\u0001\\t\",\"b\":\"ü日本😀\",\"c\":\"\",\"d\":true,\"f\":\"</script>\"}]")]
    [InlineData(
        "[1, NULL, 3] a, {'x': 1, 'y': ['p']} b, MAP {'k': 1.5::DOUBLE} c",
        """[{"a":[1,null,3],"b":{"x":1,"y":["p"]},"c":[{"key":"k","value":1.5}]}]""")]
    [InlineData(
        "[1, 2]::INT[2] d, 'b'::ENUM('a', 'b') e, []::INT[] f", """[{"d":[1,2],"e":"b","f":[]}]""")]
    [InlineData("'\\xAA\\x00'::BLOB a, 1 AS \"q\"\"r\"", """[{"a":"qgA=","q\"r":1}]""")]
    [InlineData(
        "'550e8400-e29b-41d4-a716-446655440000'::UUID b",
        """[{"b":"550e8400-e29b-41d4-a716-446655440000"}]""")]
    public async Task Json_says_every_type(string select, string expected) =>
        Assert.Equal(expected, await TextAsync(ResultFormat.Json, $"SELECT {select}"));

    [Fact]
    public async Task No_rows_are_an_empty_array_and_a_header()
    {
        const string Sql = "SELECT 1 AS a, 'x' AS b WHERE false";
        Assert.Equal("[]", await TextAsync(ResultFormat.Json, Sql));
        Assert.Equal("", await TextAsync(ResultFormat.JsonLines, Sql));
        Assert.Equal("a,b\n", await TextAsync(ResultFormat.Csv, Sql));
        Assert.Equal(
            "+---+---+\n| a | b |\n+---+---+\n+---+---+\n", await TextAsync(ResultFormat.Pretty, Sql));
    }

    [Fact]
    public async Task Csv_quotes_what_must_be_quoted() => Assert.Equal(
        """
        n,"a ""b"",c",t
        1,plain,2016-01-01T00:00:00Z
        ,"",
        NaN,"line
        ""two"",x",
        """.ReplaceLineEndings("\n") + "\n",
        await TextAsync(
            ResultFormat.Csv,
            """
            SELECT * FROM (VALUES (1::DOUBLE, 'plain', TIMESTAMP_NS '2016-01-01'), (NULL, '', NULL),
            ('nan', 'line' || chr(10) || '"two",x', NULL)) v(n, "a ""b"",c", t)
            """));

    [Fact]
    public async Task A_table_for_people() => Assert.Equal(
        """
        +------+---------+
        | name | v       |
        +------+---------+
        | ü    | 1.5     |
        | null | NaN     |
        |      | [1,"x"] |
        +------+---------+
        """.ReplaceLineEndings("\n") + "\n",
        await TextAsync(
            ResultFormat.Pretty,
                "FROM (VALUES ('ü', '1.5'), ('null', 'NaN'), (NULL, '[1,\"x\"]')) v(name, v)"));

    [Fact]
    public async Task Many_batches_make_one_document()
    {
        string json = await TextAsync(ResultFormat.Json, "SELECT i FROM range(10000) t(i) ORDER BY i");
        Assert.Equal(
            "[" + string.Join(',', Enumerable.Range(0, 10000).Select(i => $$"""{"i":{{i}}}""")) + "]", json);
        Assert.Equal(
            10000, (await TextAsync(ResultFormat.JsonLines, "SELECT i FROM range(10000) t(i)")).Count(
                c => c == '\n'));
    }

    [Fact]
    public async Task Texts_that_repeat_and_times_that_follow_each_other_are_each_row_s_own()
    {
        string Tag(int i) => i % 700 < 100 ? "null" : $"\"t{i / 300}\\n\"";
        string json = await TextAsync(
            ResultFormat.Json,
            """
            SELECT make_timestamp(-100000000 + i * 7500000) t, CASE WHEN i % 700 < 100 THEN NULL
            ELSE 't' || (i // 300) || chr(10) END a, 'x' || (i // 450) b, i
            FROM range(5000) r(i) ORDER BY i
            """);
        Assert.Equal("[" + string.Join(',', Enumerable.Range(0, 5000).Select(i =>
        {
            DateTime time = DateTime.UnixEpoch.AddTicks((-100_000_000L + i * 7_500_000L) * 10);
            string text = time.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
            return $$"""{"t":"{{text}}Z","a":{{Tag(i)}},"b":"x{{i / 450}}","i":{{i}}}""";
        })) + "]", json);
    }

    [Theory]
    [InlineData(ResultFormat.Json)]
    [InlineData(ResultFormat.JsonLines)]
    public async Task Texts_as_runs_read_as_texts_one_by_one(ResultFormat format)
    {
        const string Sql =
            """
            SELECT i, CASE WHEN i % 700 < 100 THEN NULL ELSE 't' || (i // 300) || chr(10) END a,
            'x' || (i // 450) b, 'y' || i c, CASE WHEN i % 9 < 4 THEN NULL ELSE '' END d
            FROM range(5000) r(i) ORDER BY i
            """;
        await using ISqlResult result = await db.Engine.ExecuteAsync(
            new SqlRequest { Sql = Sql, Relations = [] }, CancellationToken.None);
        Schema schema = TextRuns.Shorten(result.Schema);
        IAsyncEnumerable<RecordBatch> rows = result.ReadAsync(CancellationToken.None);
        byte[] runs = await BytesAsync(format, schema, rows.Select(row => TextRuns.Shorten(row, schema)));
        Assert.Equal(await TextAsync(format, Sql), Encoding.UTF8.GetString(runs));
    }

    [Theory]
    [InlineData(ResultFormat.Json)]
    [InlineData(ResultFormat.JsonLines)]
    public async Task Integers_that_came_in_fewer_bytes_read_as_all(ResultFormat format)
    {
        Schema schema = new Schema.Builder().Field(new Field("a", Int64Type.Default, true))
            .Field(new Field("b", Int64Type.Default, true)).Build();
        RecordBatch[] batches =
        [
            new(schema, [new Int16Array.Builder().Append(-7).AppendNull().Append(short.MinValue).Build(),
                new Int32Array.Builder().Append(int.MaxValue).Append(-5).AppendNull().Build()], 3),
            new(schema, [new Int32Array.Builder().Append(70_000).Build(),
                new Int64Array.Builder().Append(long.MinValue).Build()], 1),
            new(schema, [new Int64Array.Builder().Append(long.MaxValue).Append(1).Build(),
                new Int16Array.Builder().Append(3).Append(4).Build()], 2),
        ];
        string text = Encoding.UTF8.GetString(
            await BytesAsync(format, schema, batches.ToAsyncEnumerable()));
        Assert.Equal(
            await TextAsync(
                format,
                "SELECT * FROM (VALUES (-7, 2147483647), (NULL, -5), (-32768, NULL), (70000, "
                + "-9223372036854775808), (9223372036854775807, 3), (1, 4)) v(a, b)"),
            text);
    }

    [Fact]
    public async Task Arrow_is_an_ipc_stream()
    {
        byte[] bytes = await BytesAsync(
            ResultFormat.Arrow,
                "SELECT i, i AS i, 'text' s, TIMESTAMP_NS '2016-01-01' t, "
            + "i::HUGEINT h FROM range(5000) t(i)");
        using ArrowStreamReader reader = new(new MemoryStream(bytes));
        List<RecordBatch> batches = [];
        while (await reader.ReadNextRecordBatchAsync(
            TestContext.Current.CancellationToken) is { } batch) batches.Add(batch);
        Assert.Equal(["i", "i_1", "s", "t", "h"], reader.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(5000, batches.Sum(batch => batch.Length));
        Assert.Equal("5000|12497500|text|12497500", await db.AskAsync(
            "SELECT count(*), sum(i)::BIGINT, max(s), sum(h)::BIGINT FROM r",
                new Relation.Rows("r", reader.Schema, batches)));
    }

    [Fact]
    public async Task Parquet_is_one_file_with_exact_values()
    {
        byte[] bytes = await BytesAsync(
            ResultFormat.Parquet,
            """
            SELECT i, i AS i, 'text ' || i s, make_timestamp_ns(i) t,
            (i::HUGEINT + 100000000000000000000) h, i / 7 d, [i] l
            FROM range(200000) t(i)
            """);
        Assert.Equal("PAR1"u8, bytes.AsSpan()[..4]);
        Assert.Equal("PAR1"u8, bytes.AsSpan()[^4..]);
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".parquet");
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        try
        {
            using DuckDB.NET.Data.DuckDBConnection connection = new("DataSource=:memory:");
            connection.Open();
            using DuckDB.NET.Data.DuckDBCommand command = connection.CreateCommand();
            command.CommandText = $"""
                SELECT concat_ws('|', count(*), sum(i + i_1), max(s), epoch_ns(max(t)), max(h),
                typeof(max(t)), max(l))
                FROM '{path}'
                """;
            Assert.Equal(
                "200000|39999800000|text 99999|199999|100000000000000199999|TIMESTAMP_NS|[199999]",
                    command.ExecuteScalar());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task A_query_that_fails_while_parquet_is_written_fails_the_answer() =>
        await Assert.ThrowsAsync<TsDbException>(() => BytesAsync(
            ResultFormat.Parquet,
                "SELECT CASE WHEN i = 90000 THEN error('late') ELSE i END FROM range(100000) t(i)"));

    private async Task<string> TextAsync(ResultFormat format, string sql) =>
        Encoding.UTF8.GetString(await BytesAsync(format, sql));

    private async Task<byte[]> BytesAsync(ResultFormat format, string sql)
    {
        await using ISqlResult result = await db.Engine.ExecuteAsync(
            new SqlRequest { Sql = sql, Relations = [] }, CancellationToken.None);
        return await BytesAsync(format, result.Schema, result.ReadAsync(CancellationToken.None));
    }

    private static async Task<byte[]> BytesAsync(
        ResultFormat format, Schema schema, IAsyncEnumerable<RecordBatch> rows)
    {
        MemoryStream bytes = new();
        PipeWriter pipe = PipeWriter.Create(bytes);
        await ResultWriter.For(format, schema).WriteAsync(rows, pipe, CancellationToken.None);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }
}
