using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Scan;

namespace TsDb.Tests.Query.Scan;

public sealed class ScanTextTests
{
    private static readonly TableId Table = new("db", "t");

    private static readonly ResolvedTable Columns = TypeResolver.Resolve(
        Table,
        [
            new Column("host", ColumnRole.Tag, FieldType.String),
            new Column("v", ColumnRole.Field, FieldType.Float64),
            new Column("w", ColumnRole.Field, FieldType.Int64),
        ]);

    [Fact]
    public void A_table_without_rows_still_has_its_columns() => Assert.Equal(
        """SELECT CAST(NULL AS TIMESTAMP_NS) AS "time", CAST(NULL AS VARCHAR) AS "edge", """
        + """CAST(NULL AS VARCHAR) AS "host", CAST(NULL AS DOUBLE) AS "v", """
        + """CAST(NULL AS BIGINT) AS "w" WHERE false""",
        ScanText.Points(Columns, [], []));

    [Fact]
    public void A_decimal_becomes_a_double_and_a_column_that_the_file_lacks_is_null() => Assert.Equal(
        """SELECT CAST(c0 AS TIMESTAMP_NS) AS "time", 'E1' AS "edge", """
        + """
        CAST(c1 AS VARCHAR) AS "host", CAST(c2 AS DOUBLE) AS "v", CAST(NULL AS BIGINT) AS "w"
        FROM read_parquet(['/d/it''s/edge=E1/x.parquet'], hive_partitioning = false) AS f(c0, c1, c2)
        WHERE (c0 >= make_timestamp_ns(5) AND c0 < make_timestamp_ns(9))
        """.ReplaceLineEndings("\n"),
        ScanText.Points(
            Columns, [new FilePart(Segment("/d/it's/edge=E1/x.parquet", "E1", 2), new TimeRange(5, 9))], []));

    [Fact]
    public void Files_of_several_edges_share_a_scan_unless_their_encodings_differ()
    {
        string text = ScanText.Points(
            Columns,
            [
                new FilePart(Segment("/d/edge=E1/a.parquet", "E1", 2), null),
                new FilePart(Segment("/d/edge=E2/a.parquet", "E2", 2), null),
                new FilePart(Segment("/d/edge=E2/b.parquet", "E2", 3), null),
            ],
            []);
        Assert.Contains("c3 AS \"edge\"", text, StringComparison.Ordinal);
        Assert.Contains(
            "['/d/edge=E1/a.parquet', '/d/edge=E2/a.parquet'], hive_partitioning = true, "
            + "hive_types_autocast = false) AS f(c0, c1, c2, c3)",
            text, StringComparison.Ordinal);
        Assert.Contains(
            "\nUNION ALL\nSELECT CAST(c0 AS TIMESTAMP_NS) AS \"time\", 'E2'", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_with_another_key_does_not_become_a_column()
    {
        string text = ScanText.Points(
            Columns,
            [
                new FilePart(Segment("/host=x/edge=E1/a.parquet", "E1", 2), null),
                new FilePart(Segment("/host=x/edge=E2/a.parquet", "E2", 2), null),
            ],
            []);
        Assert.DoesNotContain("hive_partitioning = true", text, StringComparison.Ordinal);
        Assert.Contains("'E1' AS \"edge\"", text, StringComparison.Ordinal);
        Assert.Contains("'E2' AS \"edge\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_in_memory_are_cast_and_cut_to_their_windows() => Assert.Equal(
        """SELECT c0 AS "time", c1 AS "edge", """
        + """
        CAST(c2 AS VARCHAR) AS "host", CAST(c3 AS DOUBLE) AS "v", CAST(c4 AS BIGINT) AS "w"
        FROM rows(7)
        WHERE (c0 >= make_timestamp_ns(1) AND c0 < make_timestamp_ns(2))
        """.ReplaceLineEndings("\n") + " OR (c0 >= make_timestamp_ns(3) AND c0 < make_timestamp_ns(4))",
        ScanText.Points(
            Columns, [], [new MemoryScan("rows(7)", [new TimeRange(1, 2), new TimeRange(3, 4)])]));

    private static SegmentRef Segment(string path, string edge, int scale) => new(
        path, 1,
        new SegmentManifest
        {
            Cell = new Cell(Table, new EdgeId(edge), new Day(0)),
            Incarnation = new Incarnation(Guid.Empty),
            Ordinals = new OrdinalRange(new(1), new(1)),
            Range = new TimeRange(0, 10),
            Rows = 1,
            SeriesCount = 1,
            Tags = [new Column("host", ColumnRole.Tag, FieldType.String)],
            Fields = [new Column("v", ColumnRole.Field, FieldType.Float64)],
            DecimalScales = ImmutableSortedDictionary<string, int>.Empty.Add("v", scale),
        },
        1);
}
