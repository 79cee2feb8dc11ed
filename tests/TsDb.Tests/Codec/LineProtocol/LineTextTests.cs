using System.Text;
using CsCheck;
using TsDb.Codec.LineProtocol;

namespace TsDb.Tests.Codec.LineProtocol;

/// <summary>What is written is read back exactly, or named as what line protocol cannot say.</summary>
public sealed class LineTextTests
{
    private static readonly Gen<string> Texts = Gen.String[Gen.Char["ab\\,= \"#é\n\r\t\u0001"], 0, 8];

    [Fact]
    public void Every_name_and_text_comes_back_or_is_refused_with_its_reason()
    {
        Gen.Select(Texts, Texts, Texts, Texts, Texts).Sample((table, tag, value, field, text) =>
        {
            (LinePart Part, string Text)[] names =
            [
                (LinePart.Table, table), (LinePart.TagName, tag), (LinePart.TagValue, value),
                (LinePart.FieldName, field),
            ];
            bool isSayable = names.All(name => LineText.WhyNot(name.Part, name.Text) is null);
            StringBuilder line = new();
            LineText.Append(line, LinePart.Table, table);
            LineText.Append(line.Append(','), LinePart.TagName, tag);
            LineText.Append(line.Append('='), LinePart.TagValue, value);
            LineText.Append(line.Append(' '), LinePart.FieldName, field);
            LineText.Append(line.Append("=\""), LinePart.FieldText, text);
            line.Append("\" 7\nnext v=1 8");
            string? read = Read(line.ToString());
            string wanted = string.Join('|', table, tag, value, field, text);
            if (isSayable) Assert.Equal(wanted, read);
            else Assert.NotEqual(wanted, read);
        });
    }

    private static string? Read(string lines)
    {
        LineReader reader = new(Encoding.UTF8.GetBytes(lines));
        if (!reader.NextLine() || !reader.ReadKey(out ReadOnlySpan<byte> key)) return null;
        KeyReader keys = new(key, checkUtf8: false);
        if (!keys.ReadMeasurement()) return null;
        string table = LineBytes.NameText(keys.Measurement, isMeasurement: true);
        if (!keys.NextTag()) return null;
        (string tag, string value) = (LineBytes.NameText(keys.TagName), LineBytes.NameText(keys.TagValue));
        if (keys.NextTag() || !reader.NextField()) return null;
        string field = LineBytes.NameText(reader.FieldName);
        byte[] text = new byte[reader.FieldText.Length];
        int length = LineBytes.UnescapeText(reader.FieldText, text);
        if (reader.NextField() || !reader.ReadTime(out _, out long time) || time != 7) return null;
        return reader.NextLine()
            ? string.Join('|', table, tag, value, field, Encoding.UTF8.GetString(text, 0, length))
            : null;
    }
}
