using System.Globalization;
using System.Text;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Tests.Columnar;
using TsDb.Tests.Storage.Ingest;

namespace TsDb.Tests.Fuzz;

/// <summary>
/// Bodies of line protocol through the whole of ingestion, in every dialect, and sensors' JSON.
/// </summary>
internal static class LineFuzz
{
    private static readonly long Now =
        (IngestRig.Now - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static readonly byte[][] Bodies =
    [
        .. LineCasesTests.Cases.Select(row => Encoding.UTF8.GetBytes(row.Data.Item2)),
        .. new[]
        {
            "cpu,host=a,region=eu user=1.5,system=2i,idle=t,note=\"x\" 1451606400000000000\n"
                + "cpu,host=b,region=eu user=2.5,system=3i,idle=f,note=\"y\" 1451606400000000000\n"
                + "cpu,host=a,region=eu user=3.5,system=4i,idle=F,note=\"\" 1451606410000000000\n",
            "m,t=a f=1 1\n# c\nm,t=b g=\"x\ny\" 2\r\n\nn f=1u\nm f=\"type\" 3\nm,f=a h=1 4\nm h=1,h=2 5",
            "mem\\ usage,ho\\=st=a\\,b\\ c\\\\ used\\ kB=12345678901234567890u,ä=\"\\\"q\\\\\" -1\n",
            "m f=123456789.123456789,g=-0.000000000000000012345678,h=1e-5,i=9223372036854775807i "
                + "9223372036854775806",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            " ", ",", "=", "\"", "\\", "\n", "\r\n", "\r", "#", "i", "u", "t", "T", "false", "1e5", "-", "+",
            ".", "0", "9223372036854775807", "18446744073709551616", "123456789012345678", "1e400", "time",
            "_field",
            "f=1", ",t=a", " f=1 1\n", "m", "\t", "\0", "\u0001", "\u007f", "ä", "\\ ", "\\,", "\\=", "\\\\",
            "f=\"", "\\\"", "NaN", "00000000", "# ", "g=2i",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80],
    ];

    private static readonly byte[][] Payloads =
    [
        .. new[]
        {
            """{"temperature":21.5,"ok":true,"n":3,"time":1700000000,"tags":{"site":"a","n":1}}""",
            """[{"measurement":"m","fields":{"f":1,"s":"x"}},{"a":{"b":[1,2,{"c":null}]}},{}]""",
            """{"time":"2026-01-02T03:04:05.678Z","v":1e3,"s":"\ud83d\ude00 \u0000"}""",
            """{"time":1767323045678,"big":12345678901234567890,"small":-1e-300}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly byte[][] JsonWords =
    [
        .. new[]
        {
            "{", "}", "[", "]", ":", ",", "\"", "\\", "null", "true", "1e999", "-", "\"time\":", "\"tags\":{",
            "\"fields\":", "\"measurement\":\"", "\\ud800", "[[[[", "{\"a\":", "9223372036854775808",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly SchemaCatalog Known = SchemaCatalog.Empty.With(new TableSchema(
        new TableId("db", "m"),
        [new Column("t", ColumnRole.Tag, FieldType.String)],
        [
            new Column("f", ColumnRole.Field, FieldType.Float64),
            new Column("s", ColumnRole.Field, FieldType.String),
        ]));

    public static IEnumerable<FuzzTarget> Targets =>
    [
        new("lines-reference", Bodies, AgreesWithReference) { Words = Words, Weight = 40 },
        new("lines-v1", Bodies, body => Parse(body, IngestRig.Rules())) { Words = Words, Weight = 12 },
        new("lines-v2", Bodies, body => Parse(body, IngestRig.Rules(IngestDialect.V2, TimePrecision.Seconds)))
        {
            Words = Words, Weight = 10,
        },
        new("lines-v3", Bodies, body => Parse(body, IngestRig.Rules(IngestDialect.V3, TimePrecision.Auto)))
        {
            Words = Words, Weight = 10,
        },
        new("lines-v3-whole", Bodies, body => Parse(
            body, IngestRig.Rules(IngestDialect.V3, TimePrecision.Hours, acceptPartial: false)))
        {
            Words = Words, Weight = 5,
        },
        new("sensor-json", Payloads, ParseJson) { Words = JsonWords, Weight = 8 },
    ];

    private static void Parse(byte[] body, IngestRules rules)
    {
        try
        {
            Check(LineProtocolIngest.Parse(body, rules, Known, IngestRig.Setup()), rules);
        }
        catch (TsDbException error) when (error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    private static void ParseJson(byte[] body)
    {
        IngestRules rules = IngestRig.Rules(IngestDialect.Sensor, TimePrecision.Auto);
        try
        {
            SensorJsonRules json = new("sensors", [new("site", "here")]);
            Check(SensorJsonIngest.Parse(body, json, rules, Known, IngestRig.Setup()), rules);
        }
        catch (TsDbException error) when (error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            Assert.True(error.Message.Length > 0);
        }
    }

    /// <summary>
    /// What is taken is well formed: the log's decoder distrusts every length. Refusals name a place in the
    /// body and a reason.
    /// </summary>
    private static void Check(ParsedPoints parsed, IngestRules rules)
    {
        IReadOnlyList<TableBatch> decoded = BatchCodec.Decode(BatchCodec.Encode(parsed.Batches));
        Assert.Equal(parsed.RowCount, decoded.Sum(batch => (long)batch.RowCount));
        Assert.True(parsed.RefusedCount >= parsed.Refusals.Length);
        Assert.True(parsed.RefusedCount == 0 || parsed.Refusals.Length > 0);
        Assert.True(rules.AcceptPartial || parsed.RefusedCount == 0 || parsed.RowCount == 0);
        foreach (LineRefusal refusal in parsed.Refusals)
            Assert.True(refusal.Reason.Length > 0 && refusal.LineNumber > 0 && refusal.Offset >= 0);
    }

    private static void AgreesWithReference(byte[] body)
    {
        ReferenceLines expected = ReferenceLines.Read(body);
        ParsedPoints parsed = LineProtocolIngest.Parse(
            body, IngestRig.Rules(), SchemaCatalog.Empty, IngestRig.Setup());
        List<string> given = [.. parsed.Batches.SelectMany(
            batch => ModelBatches.Read(batch).Select(point => Text(batch.Table.Table, point)))];
        List<string> tables = [.. expected.Points.Select(point => point.Table).Distinct()];
        List<string> wanted = [.. tables.SelectMany(
            table => expected.Points.Where(point => point.Table == table).Select(point => point.Text))];
        Assert.Equal(wanted, given);
        Assert.Equal(expected.Refused, parsed.RefusedCount);
    }

    private static string Text(string table, ModelPoint point) =>
        $"{table}[{Pairs(point.Tags.Select(tag => (tag.Key, tag.Value)))}] "
        + Pairs(point.Fields.Select(field => (field.Key, Word(field.Value))))
        + (point.Time - Now is >= 0 and < 100_000 ? " now" : $" {point.Time}");

    private static string Pairs(IEnumerable<(string Name, string Value)> pairs) => string.Join(
        ',',
        pairs.OrderBy(pair => pair.Name, StringComparer.Ordinal).Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Word(object value) =>
        value is double number ? number.ToString("R", CultureInfo.InvariantCulture)
        : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
