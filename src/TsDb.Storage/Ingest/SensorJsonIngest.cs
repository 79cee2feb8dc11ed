using System.Text;
using TsDb.Codec.Json;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar.Building;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>Points in the shape of <see cref="SensorJson"/> to table batches.</summary>
public static class SensorJsonIngest
{
    /// <summary>
    /// Parses a payload against a state of the schemas; nothing is stored. Throws <see
    /// cref="ErrorKind.Invalid"/> if it is not JSON of the shape, <see cref="ErrorKind.TooLarge"/> beyond a
    /// limit of requests.
    /// </summary>
    public static ParsedPoints Parse(
        ReadOnlyMemory<byte> payload,
        SensorJsonRules json,
        IngestRules rules,
        SchemaCatalog schemas,
        IngestSetup setup)
    {
        RefusalList refusals = new(setup.Limits.RefusalsListedMax);
        using RequestTables tables = new(schemas, rules, setup, namesAreEscaped: false);
        TakeAll(tables, json, SensorJson.Parse(payload), refusals);
        return refusals.Finish(tables, rules);
    }

    /// <summary>Takes the points of a message beside those before it.</summary>
    internal static void TakeAll(
        RequestTables tables,
        SensorJsonRules json,
        IReadOnlyList<SensorPointOutcome> outcomes,
        RefusalList refusals)
    {
        long number = 0;
        foreach (SensorPointOutcome outcome in outcomes)
        {
            number++;
            Refusal? refusal = outcome.Point is { } point
                ? Take(tables, json, point)
                : Malformed(outcome.Reason ?? "not a point");
            if (refusal is null) continue;
            tables.RollBack();
            refusals.Add(refusal, number, default);
        }
    }

    private static Refusal? Take(RequestTables tables, SensorJsonRules json, SensorPoint point)
    {
        string name = point.Measurement ?? json.Table;
        if (name.Length == 0 || name.Any(char.IsControl))
            return Malformed(LineFault.MissingMeasurement.Reason());
        Refusal? refusal = tables.Table(Encoding.UTF8.GetBytes(name), 0, out int number);
        if (refusal is not null) return refusal;
        TableIntake table = tables.Open(number);
        table.BeginSeries(keyHash: null);
        int position = 0;
        var tags = json.Tags.Where(tag => !Has(point, tag.Key)).Concat(point.Tags);
        foreach ((string tag, string value) in tags)
        {
            refusal =
                table.TakeTag(Encoding.UTF8.GetBytes(tag), Encoding.UTF8.GetBytes(value), position++, 0);
            if (refusal is not null) return refusal;
        }

        int series = table.EndSeries();
        foreach (SensorField field in point.Fields)
        {
            refusal = TakeField(tables, table, field);
            if (refusal is not null) return refusal;
        }

        long time = point.Time?.Value ?? 0;
        refusal = point.Time is { IsNanoseconds: true }
            ? tables.TimeRefusal(time, 0)
            : tables.TimeOf(point.Time is not null, time, 0, out time);
        if (refusal is null) tables.EndRow(table, series, time);
        return refusal;
    }

    private static bool Has(SensorPoint point, string tag) => point.Tags.Any(own => own.Key == tag);

    private static Refusal? TakeField(RequestTables tables, TableIntake table, SensorField field)
    {
        byte[] nameAssigned = Encoding.UTF8.GetBytes(field.Name + "=");
        Refusal? refusal = table.FindField(nameAssigned, field.Type, 0, out int index);
        if (refusal is not null) return refusal;
        FieldColumn column = table.Column(index);
        switch (column.Type)
        {
            case FieldType.String when field.Text is not null:
                byte[] text = Encoding.UTF8.GetBytes(field.Text);
                if (text.Length > tables.Limits.TextBytesMax)
                {
                    return new Refusal(
                        RefusalKind.Limit, $"text of field \"{field.Name}\" is too long", 0);
                }

                text.CopyTo(column.SetText(table.RowCount, text.Length));
                return null;
            case FieldType.Float64 when field.Type == FieldType.Float64:
                column.Set(table.RowCount, BitConverter.DoubleToInt64Bits(field.Number));
                return null;
            case FieldType.UInt64 when field is { Type: FieldType.UInt64, Integer: { } bits }:
                column.Set(table.RowCount, bits);
                return null;
            case FieldType.Int64 when field.Integer is { } integer && (integer >= 0 || IsSigned(field)):
                column.Set(table.RowCount, integer);
                return null;
            case FieldType.UInt64 when field.Integer is { } whole and >= 0:
                column.Set(table.RowCount, whole);
                return null;
            case FieldType.Boolean when field.Type == FieldType.Boolean:
                column.Set(table.RowCount, (long)field.Number);
                return null;
            default:
                return table.TypeConflict(column, field.Type, 0);
        }
    }

    private static bool IsSigned(SensorField field) => field.Type != FieldType.UInt64;

    private static Refusal Malformed(string reason) => new(RefusalKind.Malformed, reason, 0);
}
