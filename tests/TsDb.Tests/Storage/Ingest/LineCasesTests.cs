using TsDb.Storage.Ingest;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>The forty tricky lines, by their numbers in the protocol's list: what goes in, and how.</summary>
public sealed class LineCasesTests
{
    private const string Max = "9223372036854775807";

    /// <summary>
    /// Number, body, the points it gives (times left out unless written); an empty text for a refused line.
    /// </summary>
    public static TheoryData<int, string, string> Cases => new()
    {
        { 1, "m f=1 123\r\n", "m[] f=1 123" },
        { 2, "m f=\"a\"\r\n", "m[] f=a" },
        { 3, "m f=\"a\nb\" 1", "m[] f=a\nb 1" },
        { 4, "m f=\"a\\nb\"", "m[] f=a\\nb" },
        { 5, "m f=\"a\\\"b\\\\\"", "m[] f=a\"b\\" },
        { 6, "m f=\"a", "" },
        { 6, "m f=\"a\"\"", "" },
        { 6, "m f=\"\"a\"\"", "" },
        { 7, "m f=\"\"", "m[] f=" },
        { 8, "m f=1.", "m[] f=1" },
        { 8, "m f=.5", "m[] f=0.5" },
        { 9, "m f=+1", "" },
        { 9, "m f=0x1F", "" },
        { 9, "m f='a'", "" },
        { 10, "m f=1_000", "" },
        { 11, "m f=1e5", "m[] f=100000" },
        { 11, "m f=1e+5", "m[] f=100000" },
        { 11, "m f=1e", "" },
        { 11, "m f=1e5i", "" },
        { 11, "m f=1.0i", "" },
        { 11, "m f=1ii", "" },
        { 12, "m f=1e400", "" },
        { 13, "m f=NaN", "" },
        { 13, "m f=nAn", "" },
        { 13, "m f=Inf", "" },
        { 14, "m f=9223372036854775808i", "" },
        { 14, "m f=007i", "m[] f=7" },
        { 15, "m f=1u", "m[] f=1" },
        { 15, "m f=-1u", "" },
        { 16, "m f=tRUE", "" },
        { 16, "m f=yes", "" },
        { 16, "m a=t,b=T,c=true,d=True,e=TRUE", "m[] a=True,b=True,c=True,d=True,e=True" },
        { 16, "m a=f,b=F,c=false,d=False,e=FALSE", "m[] a=False,b=False,c=False,d=False,e=False" },
        { 17, "m f=1,", "" },
        { 17, "m f=1, 5", "" },
        { 18, "m, f=1", "" },
        { 18, "m,t=a, f=1", "" },
        { 18, "m,=a f=1", "" },
        { 19, "m,t= f=1", "" },
        { 19, "m,t f=1", "" },
        { 20, "m,t=a,t=b f=1", "" },
        { 22, "m,f=a f=1", "" },
        { 23, "m,time=a f=1", "" },
        { 23, "m,_field=a f=1", "" },
        { 23, "m,_measurement=a f=1", "" },
        { 24, "m=n f=1", "m=n[] f=1" },
        { 24, "m\\=n f=1", "m\\=n[] f=1" },
        { 25, "m,t=a=b f=1", "m[t=a=b] f=1" },
        { 26, "m a,b=1", "" },
        { 27, "m,t=a\\\\ b f=1", "m[t=a\\ b] f=1" },
        { 28, "m,t=a\\tb f=1", "m[t=a\\tb] f=1" },
        { 29, "m,t=a\\ f=1", "" },
        { 30, "m,t\\=k=v\\=w\\,x f=1", "m[t=k=v=w,x] f=1" },
        { 30, "m a\\ b=1", "m[] a b=1" },
        { 31, "\"m\",\"t\"=\"v\" f=1", "\"m\"[\"t\"=\"v\"] f=1" },
        { 32, "   m f=1", "m[] f=1" },
        { 32, "\tm f=1", "m[] f=1" },
        { 32, "m\tf=1", "" },
        { 32, "m f=1\t5", "" },
        { 33, "# c\n # c\nm f=1", "m[] f=1" },
        { 33, "m f=1 # c", "" },
        { 34, "# a b=\"c\nm f=1", "m[] f=1" },
        { 35, "m f=1 -1", "m[] f=1 -1" },
        { 35, "m f=1 1.5", "" },
        { 35, "m f=1 1e9", "" },
        { 35, "m f=1 1 2", "" },
        { 37, "m", "" },
        { 37, "m,t=a", "" },
        { 37, "m 123", "" },
        { 38, "\0m f=1", "" },
        { 38, "m\0n f=1", "" },
        { 38, "m,t\0=a f=1", "" },
        { 38, "m f\0=1", "" },
        { 38, "m f=\"a\0b\"", "m[] f=a\0b" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_dialect_takes_the_line_alike(int number, string body, string expected)
    {
        foreach (IngestDialect dialect in Enum.GetValues<IngestDialect>())
        {
            ParsedPoints parsed = IngestRig.Parse(body, IngestRig.Rules(dialect));
            string given = IngestRig.Text(parsed);
            if (expected.Length > 0)
            {
                Assert.True(
                    given.StartsWith(expected, StringComparison.Ordinal), $"{number} {dialect}: {given}");
                Assert.Equal(1, parsed.RowCount);
                Assert.Empty(parsed.Refusals);
            }
            else
            {
                Assert.Equal("", given);
                Assert.Equal(1, parsed.RefusedCount);
            }
        }
    }

    [Theory]
    [InlineData(IngestDialect.V1, "m[] f=2 1")]
    [InlineData(IngestDialect.V2, "m[] f=2 1")]
    [InlineData(IngestDialect.V3, "")]
    public void Case_21_a_field_given_twice(IngestDialect dialect, string expected) =>
        Assert.Equal(expected, IngestRig.Text(IngestRig.Parse("m f=1,f=2 1", IngestRig.Rules(dialect))));

    [Fact]
    public void Case_21_a_text_given_twice() =>
        Assert.Equal("m[] f=b,g=x 1", IngestRig.Text(IngestRig.Parse("m f=\"aaa\",g=\"x\",f=\"b\" 1")));

    [Theory]
    [InlineData(IngestDialect.V1, Max, false)]
    [InlineData(IngestDialect.V2, Max, false)]
    [InlineData(IngestDialect.V3, Max, true)]
    [InlineData(IngestDialect.V1, "9223372036854775806", true)]
    [InlineData(IngestDialect.V1, "-9223372036854775806", true)]
    [InlineData(IngestDialect.V1, "-9223372036854775807", false)]
    [InlineData(IngestDialect.V3, "9223372036854775808", false)]
    [InlineData(IngestDialect.V3, "99999999999999999999999", false)]
    public void Case_36_the_range_of_times(IngestDialect dialect, string time, bool taken) =>
        Assert.Equal(taken ? 1 : 0, IngestRig.Parse($"m f=1 {time}", IngestRig.Rules(dialect)).RowCount);

    [Theory]
    [InlineData(TimePrecision.Nanoseconds, 1_767_323_045_678_000_000)]
    [InlineData(TimePrecision.Milliseconds, 1_767_323_045_678_000_000)]
    [InlineData(TimePrecision.Seconds, 1_767_323_045_000_000_000)]
    [InlineData(TimePrecision.Hours, 1_767_322_800_000_000_000)]
    public void Case_39_a_line_without_a_time_gets_the_nodes(TimePrecision precision, long expected) =>
        Assert.Equal(
            expected,
            IngestRig.Points(IngestRig.Parse("m f=1", IngestRig.Rules(precision: precision)))[0].Time);

    [Fact]
    public void Case_39_at_nanoseconds_every_line_gets_a_later_time()
    {
        ParsedPoints parsed = IngestRig.Parse("m f=1\nm f=2\nm f=3");
        long[] times = [.. IngestRig.Points(parsed).Select(point => point.Time)];
        Assert.Equal([times[0], times[0] + 1, times[0] + 2], times);
    }

    [Theory]
    [InlineData(IngestDialect.V1, true, "m[] f=1 1\nm[] f=3 3")]
    [InlineData(IngestDialect.V2, true, "")]
    [InlineData(IngestDialect.V3, true, "m[] f=1 1\nm[] f=3 3")]
    [InlineData(IngestDialect.V3, false, "")]
    public void Case_40_good_bad_good(IngestDialect dialect, bool acceptPartial, string expected)
    {
        ParsedPoints parsed = IngestRig.Parse(
            "m f=1 1\nm f=oops 2\nm f=3 3", IngestRig.Rules(dialect, acceptPartial: acceptPartial));
        Assert.Equal(expected, IngestRig.Text(parsed));
        LineRefusal refusal = Assert.Single(parsed.Refusals);
        Assert.Equal((2, 12, "invalid boolean", "m f=oops 2"),
            (refusal.LineNumber, refusal.Offset, refusal.Reason, refusal.Line));
    }
}
