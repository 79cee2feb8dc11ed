using System.Globalization;
using System.Text;
using CsCheck;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Ingest;

/// <summary>Points made at random come back as they were; bytes changed at random do no harm.</summary>
public sealed class LineRandomTests
{
    private static readonly Gen<string> Name = Gen.String[Gen.OneOf(
        Gen.Char['a', 'e'], Gen.Const(' '), Gen.Const(','), Gen.Const('='), Gen.Const('ä'), Gen.Const('"')),
            1, 5]
        .Where(name => name is not "time");

    private static readonly Gen<string> Text = Gen.String[Gen.OneOf(
        Gen.Char['a', 'c'], Gen.Const('"'), Gen.Const('\\'), Gen.Const('\n'), Gen.Const('€'),
            Gen.Const(' ')), 0, 6];

    private static readonly Gen<object> Value = Gen.OneOf(
        Gen.Double.Where(double.IsFinite).Select(value => (object)value),
        Gen.Double[-1_000, 1_000].Select(value => (object)Math.Round(value, 2)),
        Gen.Long.Select(value => (object)value),
        Gen.Int[-200, 200].Select(value => (object)(long)value),
        Gen.ULong.Select(value => (object)value),
        Gen.Bool.Select(value => (object)value),
        Text.Select(value => (object)value));

    /// <summary>A table's field has one type, so the type is part of its name here.</summary>
    private static readonly Gen<ModelPoint> Point =
        from tags in Gen.Dictionary(Name.Select(name => "t" + name), Name)[0, 3]
        from fields in Gen.Dictionary(Name, Value)[1, 4]
        from time in Gen.OneOf(Gen.Long[-5_000_000, 5_000_000_000], Gen.Long[0, 86_400_000_000_000])
        select new ModelPoint(
            tags, time, fields.ToDictionary(f => $"f{f.Value.GetType().Name[0]}{f.Key}", f => f.Value));

    [Fact]
    public void Points_come_back_as_they_were() => Point.Array[1, 30].Sample(points =>
    {
        StringBuilder body = new();
        foreach (ModelPoint point in points) AppendLine(body, point);
        ParsedPoints parsed = IngestRig.Parse(body.ToString());
        Assert.Empty(parsed.Refusals);
        Assert.Equal(ModelBatches.Text(points), ModelBatches.Text(IngestRig.Points(parsed)));
    });

    [Fact]
    public void Changed_bytes_do_no_harm() =>
        Gen.Select(Point.Array[1, 8], Gen.Select(Gen.Int[0, 2_000], Gen.Byte).Array[1, 12], Gen.Int[0, 3])
            .Sample((points, changes, dialect) =>
            {
                StringBuilder text = new();
                foreach (ModelPoint point in points) AppendLine(text, point);
                byte[] body = Encoding.UTF8.GetBytes(text.ToString());
                foreach ((int at, byte value) in changes) body[at % body.Length] = value;
                ParsedPoints? parsed = TryParse(body, (IngestDialect)dialect);
                if (parsed is null) return;

                // The log's decoder distrusts every length, so what it takes is well formed.
                IReadOnlyList<TableBatch> decoded = BatchCodec.Decode(BatchCodec.Encode(parsed.Batches));
                Assert.Equal(parsed.RowCount, decoded.Sum(batch => batch.RowCount));
                Assert.Equal(parsed.RefusedCount, parsed.Refusals.Length);
            });

    private static ParsedPoints? TryParse(byte[] body, IngestDialect dialect)
    {
        try
        {
            return LineProtocolIngest.Parse(
                body, IngestRig.Rules(dialect), SchemaCatalog.Empty, IngestRig.Setup());
        }
        catch (TsDbException error) when (error.Kind is ErrorKind.Invalid or ErrorKind.TooLarge)
        {
            return null;
        }
    }

    private static void AppendLine(StringBuilder body, ModelPoint point)
    {
        body.Append("weather");
        foreach ((string name, string value) in point.Tags)
            body.Append(',').Append(Escaped(name)).Append('=').Append(Escaped(value));
        char separator = ' ';
        foreach ((string name, object value) in point.Fields)
        {
            body.Append(separator).Append(Escaped(name)).Append('=').Append(Written(value));
            separator = ',';
        }

        body.Append(CultureInfo.InvariantCulture, $" {point.Time}\n");
    }

    private static string Escaped(string name) => name
        .Replace(",", "\\,", StringComparison.Ordinal)
        .Replace("=", "\\=", StringComparison.Ordinal)
        .Replace(" ", "\\ ", StringComparison.Ordinal);

    private static string Written(object value) => value switch
    {
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        long number => string.Create(CultureInfo.InvariantCulture, $"{number}i"),
        ulong number => string.Create(CultureInfo.InvariantCulture, $"{number}u"),
        bool truth => truth ? "true" : "F",
        _ => "\"" + ((string)value).Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal) + "\"",
    };
}
