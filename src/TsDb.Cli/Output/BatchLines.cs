using System.Globalization;
using System.Text;
using Apache.Arrow;
using TsDb.Codec.LineProtocol;
using TsDb.Columnar;

namespace TsDb.Cli.Output;

/// <summary>The points of a batch as line protocol, for people to read.</summary>
internal static class BatchLines
{
    /// <summary>
    /// One line a point. <paramref name="isNodeTime"/> says of a time whether the node gave it: then it is
    /// left out.
    /// </summary>
    public static IEnumerable<string> Of(TableBatch batch, Func<long, bool> isNodeTime)
    {
        for (int row = 0; row < batch.RowCount; row++)
        {
            StringBuilder line = new();
            LineText.Append(line, LinePart.Table, batch.Table.Table);
            int series = batch.SeriesIndex[row];
            for (int tag = 0; tag < batch.Series.ColumnCount; tag++)
            {
                StringArray values = (StringArray)batch.Series.Column(tag);
                if (values.IsNull(series)) continue;
                LineText.Append(
                    line.Append(','), LinePart.TagName, batch.Series.Schema.GetFieldByIndex(tag).Name);
                LineText.Append(line.Append('='), LinePart.TagValue, values.GetString(series));
            }

            char before = ' ';
            for (int field = TableBatch.FieldsStart; field < batch.Rows.ColumnCount; field++)
            {
                if (batch.Rows.Column(field).IsNull(row)) continue;
                LineText.Append(
                    line.Append(before), LinePart.FieldName, batch.Rows.Schema.GetFieldByIndex(field).Name);
                line.Append('=').Append(ValueText(batch.Rows.Column(field), row));
                before = ',';
            }

            long time = batch.Times[row];
            if (!isNodeTime(time)) line.Append(' ').Append(time.ToString(CultureInfo.InvariantCulture));
            yield return line.ToString();
        }
    }

    private static string ValueText(IArrowArray column, int row) => column switch
    {
        DoubleArray numbers => numbers.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture),
        Int64Array integers => string.Create(CultureInfo.InvariantCulture, $"{integers.GetValue(row)}i"),
        UInt64Array integers => string.Create(CultureInfo.InvariantCulture, $"{integers.GetValue(row)}u"),
        BooleanArray truths => truths.GetValue(row)!.Value ? "true" : "false",
        StringArray texts => Quoted(texts.GetString(row)),
        _ => "?",
    };

    private static string Quoted(string text)
    {
        StringBuilder quoted = new("\"");
        LineText.Append(quoted, LinePart.FieldText, text);
        return quoted.Append('"').ToString();
    }
}
