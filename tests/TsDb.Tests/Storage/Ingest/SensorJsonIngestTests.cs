using System.Text;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

public sealed class SensorJsonIngestTests
{
    [Theory]
    [InlineData("{\"a\":1,\"time\":5}", "t[site=x] a=1 5000000000")]
    [InlineData("{\"a\":1.5,\"time\":1451606400123}", "t[site=x] a=1.5 1451606400123000000")]
    [InlineData("{\"a\":1,\"timestamp\":\"2016-01-01T01:00:00.5+01:00\"}",
        "t[site=x] a=1 1451606400500000000")]
    [InlineData("{\"a\":{\"b\":[1,true]},\"c\":null,\"time\":0}", "t[site=x] a_b_0=1,a_b_1=True 0")]
    [InlineData(
        "{\"measurement\":\"m\",\"tags\":{\"site\":\"y\",\"n\":7,\"e\":\"\"},"
            + "\"fields\":{\"s\":\"é\"},\"time\":0}",
        "m[n=7,site=y] s=é 0")]
    [InlineData("[{\"a\":1,\"time\":0},{\"a\":2,\"time\":1}]", "t[site=x] a=1 0\nt[site=x] a=2 1000000000")]
    [InlineData("{\"time\":0}", "")]
    [InlineData("{\"a\":1,\"time\":\"yesterday\"}", "")]
    [InlineData("{\"a\":1,\"time\":1.5}", "")]
    [InlineData("{\"a\":1e999,\"time\":0}", "")]
    [InlineData("{\"a\":\"\\ud800\",\"time\":0}", "")]
    [InlineData("{\"\":1,\"time\":0}", "")]
    [InlineData("{\"a\":1,\"tags\":{\"time\":\"x\"},\"time\":0}", "")]
    public void Objects_become_points(string payload, string expected)
    {
        ParsedPoints parsed = Parse(payload, SchemaCatalog.Empty);
        Assert.Equal(expected, IngestRig.Text(parsed));
        Assert.Equal(expected.Length == 0 ? 1 : 0, parsed.RefusedCount);
    }

    [Fact]
    public void One_bad_element_does_not_hold_up_the_others()
    {
        ParsedPoints parsed =
            Parse("[{\"a\":1,\"time\":0},7,{\"b\":1,\"a\":true,\"time\":1},{\"a\":2,\"time\":2}]",
            SchemaCatalog.Empty);
        Assert.Equal("t[site=x] a=1 0\nt[site=x] a=2 2000000000", IngestRig.Text(parsed));
        Assert.Equal([2, 3], parsed.Refusals.Select(refusal => refusal.LineNumber));
    }

    [Fact]
    public void Numbers_follow_the_type_of_the_column()
    {
        SchemaCatalog schemas = SchemaCatalog.Empty.With(new TableSchema(
            new TableId("db", "t"), [], [new Column("a", ColumnRole.Field, FieldType.Int64)]));
        ParsedPoints parsed = Parse("[{\"a\":9007199254740993,\"time\":0},{\"a\":1.5,\"time\":1}]", schemas);
        Assert.Equal("t[site=x] a=9007199254740993 0", IngestRig.Text(parsed));
        Assert.Equal(RefusalKind.Conflict, Assert.Single(parsed.Refusals).Kind);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("7")]
    [InlineData("")]
    [InlineData(
        "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
        + "{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}")]
    public void What_is_not_of_the_shape_is_refused_whole(string payload) =>
        Assert.Equal(
            ErrorKind.Invalid,
            Assert.Throws<TsDbException>(() => Parse(payload, SchemaCatalog.Empty)).Kind);

    private static ParsedPoints Parse(string payload, SchemaCatalog schemas) => SensorJsonIngest.Parse(
        Encoding.UTF8.GetBytes(payload),
        new SensorJsonRules("t", [new("site", "x")]),
        IngestRig.Rules(IngestDialect.Sensor, TimePrecision.Auto),
        schemas,
        IngestRig.Setup());
}
