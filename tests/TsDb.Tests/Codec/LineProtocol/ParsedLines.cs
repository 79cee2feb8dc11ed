using System.Globalization;
using System.Text;
using TsDb.Codec.LineProtocol;
using TsDb.Model;

namespace TsDb.Tests.Codec.LineProtocol;

/// <summary>The reader's answers as plain objects, for tests only.</summary>
internal sealed record ParsedPoint(
    string Measurement,
    IReadOnlyList<(string Name, string Value)> Tags,
    IReadOnlyList<(string Name, object Value)> Fields,
    long? Time)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Measurement} [{string.Join(",", Tags)}] [{string.Join(",", Fields)}] {Time}");
}

/// <summary>Points and faults of a body, in the order of its lines.</summary>
internal sealed record ParsedLines(
    IReadOnlyList<ParsedPoint> Points, IReadOnlyList<(int Offset, LineFault Fault)> Faults)
{
    public static ParsedLines Of(string body) => Of(Encoding.UTF8.GetBytes(body));

    public static ParsedLines Of(ReadOnlySpan<byte> body)
    {
        List<ParsedPoint> points = [];
        List<(int, LineFault)> faults = [];
        LineReader reader = new(body);
        while (reader.NextLine())
        {
            LineFault fault = ReadPoint(ref reader, out ParsedPoint? point);
            if (fault == LineFault.None)
            {
                points.Add(point!);
                continue;
            }

            faults.Add((reader.LineStart, fault));
            reader.SkipLine();
            _ = reader.LineText.Length;
        }

        return new ParsedLines(points, faults);
    }

    private static LineFault ReadPoint(ref LineReader reader, out ParsedPoint? point)
    {
        point = null;
        if (!reader.ReadKey(out ReadOnlySpan<byte> key)) return reader.Fault;
        KeyReader keys = new(key, checkUtf8: !reader.BodyIsUtf8);
        if (!keys.ReadMeasurement()) return keys.Fault;
        string measurement = LineBytes.NameText(keys.Measurement, isMeasurement: true);
        List<(string, string)> tags = [];
        while (keys.NextTag())
        {
            string name = LineBytes.NameText(keys.TagName);
            if (tags.Exists(tag => tag.Item1 == name)) return LineFault.DuplicateTags;
            tags.Add((name, LineBytes.NameText(keys.TagValue)));
        }

        if (keys.Fault != LineFault.None) return keys.Fault;
        List<(string, object)> fields = [];
        while (reader.NextField()) fields.Add((LineBytes.NameText(reader.FieldName), ValueOf(ref reader)));
        if (reader.Fault != LineFault.None) return reader.Fault;
        if (!reader.ReadTime(out bool given, out long time)) return reader.Fault;
        tags.Sort((left, right) => string.CompareOrdinal(left.Item1, right.Item1));
        point = new ParsedPoint(measurement, tags, fields, given ? time : null);
        return LineFault.None;
    }

    private static object ValueOf(ref LineReader reader)
    {
        switch (reader.FieldType)
        {
            case FieldType.Float64: return BitConverter.Int64BitsToDouble(reader.FieldBits);
            case FieldType.Int64: return reader.FieldBits;
            case FieldType.UInt64: return (ulong)reader.FieldBits;
            case FieldType.Boolean: return reader.FieldBits != 0;
            default:
                byte[] plain = new byte[reader.FieldText.Length];
                int length = LineBytes.UnescapeText(reader.FieldText, plain);
                return Encoding.UTF8.GetString(plain, 0, length);
        }
    }
}
