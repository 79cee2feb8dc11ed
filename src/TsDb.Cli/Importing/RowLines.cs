using System.Globalization;
using System.Text;
using TsDb.Codec.LineProtocol;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>Rows as lines of line protocol, every value exactly as the file has it.</summary>
/// <param name="table">The table.</param>
/// <param name="columns">The columns, tags first.</param>
/// <param name="timeColumn">The column with the time.</param>
/// <param name="unitNanoseconds">The unit of times that are numbers.</param>
internal sealed class RowLines(
    string table, IReadOnlyList<ImportColumn> columns, int timeColumn, long unitNanoseconds)
{
    private readonly string _table = Name(LinePart.Table, table);

    private readonly string[] _names = [.. columns.Select(column => Name(
        column.Role == ColumnRole.Tag ? LinePart.TagName : LinePart.FieldName, column.Name))];

    private readonly StringBuilder _line = new();

    /// <summary>Values left out because line protocol knows neither NaN nor infinities.</summary>
    public long NotFiniteCount { get; private set; }

    /// <summary>Adds the row's line with its line feed; or answers why there is none, and adds
    /// nothing.</summary>
    public string? Append(StringBuilder to, string?[] cells)
    {
        _line.Clear();
        if (string.IsNullOrEmpty(cells[timeColumn])) return "the row has no time";
        if (!ImportTime.TryParse(cells[timeColumn]!, unitNanoseconds, out long time))
            return $"'{Short(cells[timeColumn]!)}' is not a time: use RFC 3339, or a whole number";
        _line.Append(_table);
        bool hasField = false;
        for (int i = 0; i < columns.Count; i++)
        {
            ImportColumn column = columns[i];
            string? value = cells[column.Index];
            if (value is null || (value.Length == 0 && column.Type != FieldType.String)) continue;
            string? why = column.Role == ColumnRole.Tag ? AppendTag(i, value)
                : AppendField(i, value, ref hasField);
            if (why is not null) return $"column '{column.Name}': {why}";
        }

        if (!hasField) return "no field has a value";
        to.Append(_line).Append(' ').Append(time).Append('\n');
        return null;
    }

    private static string Name(LinePart part, string text)
    {
        StringBuilder name = new();
        LineText.Append(name, part, text);
        return name.ToString();
    }

    private static string Short(string value) => value.Length <= 40 ? value : value[..40] + "...";

    // An empty tag is the same as none.
    private string? AppendTag(int column, string value)
    {
        if (value.Length == 0) return null;
        if (LineText.WhyNot(LinePart.TagValue, value) is { } why) return $"a tag's value {why}";
        _line.Append(',').Append(_names[column]).Append('=');
        LineText.Append(_line, LinePart.TagValue, value);
        return null;
    }

    private string? AppendField(int column, string value, ref bool hasField)
    {
        int start = _line.Length;
        _line.Append(hasField ? ',' : ' ').Append(_names[column]).Append('=');
        string? why = AppendValue(columns[column].Type, value, out bool isLeftOut);
        if (isLeftOut || why is not null) _line.Length = start;
        hasField |= !isLeftOut;
        return why;
    }

    private string? AppendValue(FieldType type, string value, out bool isLeftOut)
    {
        isLeftOut = false;
        switch (type)
        {
            case FieldType.Int64:
                if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                    out long integer)) return $"'{Short(value)}' is not an integer of 64 bits";
                _line.Append(CultureInfo.InvariantCulture, $"{integer}i");
                return null;
            case FieldType.UInt64:
                if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture,
                    out ulong unsigned)) return $"'{Short(value)}' is not an unsigned integer of 64 bits";
                _line.Append(CultureInfo.InvariantCulture, $"{unsigned}u");
                return null;
            case FieldType.Float64:
                isLeftOut = ColumnGuess.IsNotFinite(value);
                if (isLeftOut)
                {
                    NotFiniteCount++;
                    return null;
                }

                if (!ColumnGuess.TryFloat(value, out double number))
                    return $"'{Short(value)}' is not a number that 64 bits hold";
                _line.Append(CultureInfo.InvariantCulture, $"{number:R}");
                return null;
            case FieldType.Boolean:
                if (!bool.TryParse(value, out bool flag))
                    return $"'{Short(value)}' is neither true nor false";
                _line.Append(flag ? "true" : "false");
                return null;
            default:
                _line.Append('"');
                LineText.Append(_line, LinePart.FieldText, value);
                _line.Append('"');
                return null;
        }
    }
}
