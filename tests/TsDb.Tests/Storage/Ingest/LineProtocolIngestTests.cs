using System.Text;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

public sealed class LineProtocolIngestTests
{
    [Fact]
    public void Series_are_one_whatever_the_order_and_the_escapes_of_their_tags()
    {
        ParsedPoints parsed =
            IngestRig.Parse("m,a=1,b=x=y f=1 1\nm,b=x\\=y,a=1 f=2 2\nm,a=1 f=3 3\nm,a=1,b=x=y f=4 4");
        TsDb.Columnar.TableBatch batch = Assert.Single(parsed.Batches);
        Assert.Equal(2, batch.Series.Length);
        Assert.Equal([0, 0, 1, 0], batch.SeriesIndex.ToArray());
    }

    [Fact]
    public void A_row_without_a_field_holds_null_for_it()
    {
        ParsedPoints parsed = IngestRig.Parse(
            "m a=1 1\nm b=t,s=\"x\" 2\nm a=3,s=\"\" 3\nm u=1u,a=4 4\nm b=f 5\nm a=6 6");
        Assert.Equal(
            "m[] a=1 1\nm[] b=True,s=x 2\nm[] a=3,s= 3\nm[] a=4,u=1 4\nm[] b=False 5\nm[] a=6 6",
            IngestRig.Text(parsed));
    }

    [Fact]
    public void A_refused_line_leaves_no_column_series_or_table_behind()
    {
        ParsedPoints parsed = IngestRig.Parse(
            "m,t=a f=1 1\nm,t=b,new=x g=1,s=\"text\",f=oops 2\nother,t=a f=1 x\n"
                + "m,t=a f=\"wrong\",h=1 3\nm,t=a f=2 4");
        TsDb.Columnar.TableBatch batch = Assert.Single(parsed.Batches);
        Assert.Equal(["t"], batch.Series.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(["series", "time", "f"], batch.Rows.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(1, batch.Series.Length);
        Assert.Equal("m[t=a] f=1 1\nm[t=a] f=2 4", IngestRig.Text(parsed));
        Assert.Equal(3, parsed.RefusedCount);
    }

    [Fact]
    public void A_name_refused_with_one_type_can_come_with_another()
    {
        ParsedPoints parsed = IngestRig.Parse("m g=1i,f=oops 1\nm g=\"text\" 2");
        Assert.Equal("m[] g=text 2", IngestRig.Text(parsed));
    }

    [Theory]
    [InlineData(
        IngestDialect.V1,
        "field type conflict: input field \"f\" on measurement \"m\" is type string, "
            + "already exists as type float")]
    [InlineData(
        IngestDialect.V3,
        "invalid column type for column 'f', expected iox::column_type::field::float, "
            + "got iox::column_type::field::string")]
    public void A_type_other_than_the_schemas_is_refused_in_the_dialects_words(
        IngestDialect dialect, string reason)
    {
        TableId table = new("db", "m");
        SchemaCatalog schemas = SchemaCatalog.Empty.With(
            new TableSchema(table, [], [new Column("f", ColumnRole.Field, FieldType.Float64)]));
        ParsedPoints parsed = IngestRig.Parse("m f=\"x\" 1\nm f=2 2", IngestRig.Rules(dialect), schemas);
        Assert.Equal("m[] f=2 2", IngestRig.Text(parsed));
        Assert.Equal((RefusalKind.Conflict, reason), (parsed.Refusals[0].Kind, parsed.Refusals[0].Reason));
    }

    [Fact]
    public void A_text_with_line_feeds_is_skipped_as_a_whole()
    {
        ParsedPoints parsed = IngestRig.Parse("m f=1 1\nm f=\"x\",s=\"a\nm f=666 6\nb\" 2\nm f=3 3");
        Assert.Equal("m[] f=1 1\nm[] f=3 3", IngestRig.Text(parsed));
        Assert.Equal("m f=\"x\",s=\"a\nm f=666 6\nb\" 2", Assert.Single(parsed.Refusals).Line);
    }

    [Fact]
    public void A_quote_that_is_never_closed_costs_its_own_line()
    {
        ParsedPoints parsed = IngestRig.Parse("m f=1 1\nm s=\"a 2\nm f=3 3");
        Assert.Equal("m[] f=1 1\nm[] f=3 3", IngestRig.Text(parsed));
        Assert.Equal("unbalanced quotes", Assert.Single(parsed.Refusals).Reason);
    }

    [Fact]
    public void Line_numbers_count_the_line_feeds_inside_texts()
    {
        ParsedPoints parsed = IngestRig.Parse("m s=\"a\nb\" 1\r\n\r\n# c\nm s=1 2\n\nm,x f=1");
        Assert.Equal([5, 7], parsed.Refusals.Select(refusal => refusal.LineNumber));
    }

    [Fact]
    public void A_body_that_is_not_text_is_refused_whole_by_v3_and_by_line_elsewhere()
    {
        byte[] body = [.. "m f=1 1\nm,t="u8, 0xFF, .. " f=2 2\nm f=3 3"u8];
        Assert.Throws<TsDbException>(() => LineProtocolIngest.Parse(
            body, IngestRig.Rules(IngestDialect.V3), SchemaCatalog.Empty, IngestRig.Setup()));
        ParsedPoints parsed = LineProtocolIngest.Parse(
            body, IngestRig.Rules(), SchemaCatalog.Empty, IngestRig.Setup());
        Assert.Equal("m[] f=1 1\nm[] f=3 3", IngestRig.Text(parsed));
        Assert.Equal("invalid UTF-8", parsed.Refusals[0].Reason);
    }

    [Fact]
    public void Names_beyond_a_limit_are_refused_by_line()
    {
        ParsedPoints parsed = IngestRig.Parse(
            "m,t=a f=1 1\nm,t=a g=1 2\nn f=1 3\nm,t=b f=4 4",
            limits: new IngestLimits { ColumnsPerTableMax = 2, TablesPerDatabaseMax = 1 });
        Assert.Equal("m[t=a] f=1 1\nm[t=b] f=4 4", IngestRig.Text(parsed));
        Assert.All(parsed.Refusals, refusal => Assert.Equal(RefusalKind.Limit, refusal.Kind));
        Assert.Equal([2, 3], parsed.Refusals.Select(refusal => refusal.LineNumber));
    }

    [Fact]
    public void A_request_over_too_many_days_is_too_large()
    {
        StringBuilder body = new();
        for (int day = 0; day < 11; day++) body.Append($"m f=1 {day * Day.NanosecondsLength}\n");
        TsDbException error = Assert.Throws<TsDbException>(
            () => IngestRig.Parse(body.ToString(), limits: new IngestLimits { DaysPerRequestMax = 10 }));
        Assert.Equal(ErrorKind.TooLarge, error.Kind);
        Assert.Contains("10 days", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_would_be_nearly_empty_do_not_take_unlimited_memory()
    {
        StringBuilder body = new();
        for (int row = 0; row < 2_000; row++) body.Append($"m f{row % 500}=1 {row}\n");
        TsDbException error = Assert.Throws<TsDbException>(
            () =>
                IngestRig.Parse(body.ToString(), limits: new IngestLimits { CellsPerRequestMax = 100_000 }));
        Assert.Equal(ErrorKind.TooLarge, error.Kind);
    }

    [Theory]
    [InlineData(TimePrecision.Seconds, 3, 3_000_000_000)]
    [InlineData(TimePrecision.Minutes, -1, -60_000_000_000)]
    [InlineData(TimePrecision.Auto, 4_999_999_999, 4_999_999_999_000_000_000)]
    [InlineData(TimePrecision.Auto, 5_000_000_000, 5_000_000_000_000_000)]
    [InlineData(TimePrecision.Auto, 5_000_000_000_000, 5_000_000_000_000_000)]
    [InlineData(TimePrecision.Auto, 5_000_000_000_000_000, 5_000_000_000_000_000)]
    public void Times_are_read_in_their_unit(TimePrecision precision, long written, long nanoseconds)
    {
        ParsedPoints parsed = IngestRig.Parse(
            $"m f=1 {written}", IngestRig.Rules(IngestDialect.V3, precision));
        Assert.Equal(nanoseconds, IngestRig.Points(parsed)[0].Time);
    }

    [Fact]
    public void A_time_that_64_bits_do_not_hold_is_refused()
    {
        ParsedPoints parsed =
            IngestRig.Parse("m f=1 99999999999", IngestRig.Rules(precision: TimePrecision.Hours));
        Assert.StartsWith(
            "time outside range", Assert.Single(parsed.Refusals).Reason, StringComparison.Ordinal);
    }
}
