using System.Globalization;
using System.Text;

namespace TsDb.Codec.LineProtocol;

/// <summary>Writes names and texts so that <see cref="LineReader"/> reads the very same ones.</summary>
public static class LineText
{
    /// <summary>
    /// Why line protocol cannot say this text, in words that follow the text's name; null if it can. A text
    /// field can hold everything.
    /// </summary>
    public static string? WhyNot(LinePart part, string text)
    {
        if (part == LinePart.FieldText) return null;
        if (text.Length == 0) return "is empty";
        foreach (char c in text)
        {
            if (c == '\n') return "holds a line feed, which only a text field can";
            if (c == '\r') return "holds a carriage return, which only a text field can";
            if (c == '\t') return "holds a TAB, which only a text field can";
            if ((c < ' ' || c == '\u007f') && part != LinePart.TagValue)
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"holds the control character U+{(int)c:X4}, which no name can");
            }
        }

        if (text[^1] == '\\') return "ends with a backslash, which would hide what follows it";
        return part == LinePart.Table && text[0] == '#' ? "begins with #, as comments do" : null;
    }

    /// <summary>Adds the text with its escapes. It must be one that line protocol can say.</summary>
    public static void Append(StringBuilder to, LinePart part, string text)
    {
        foreach (char c in text)
        {
            bool isSpecial = part switch
            {
                LinePart.FieldText => c is '"' or '\\',
                LinePart.Table => c is ',' or ' ',
                _ => c is ',' or ' ' or '=',
            };
            if (isSpecial) to.Append('\\');
            to.Append(c);
        }
    }
}
