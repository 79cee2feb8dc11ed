using System.Globalization;
using Apache.Arrow;
using TsDb.Query.Ports;

namespace TsDb.Conformance.Fleets;

/// <summary>Rows as lines, values between bars; times as nanoseconds since the Unix epoch.</summary>
internal static class ResultText
{
    public static async Task<string> ReadAsync(ISqlResult result)
    {
        List<string> lines = [];
        await foreach (RecordBatch batch in result.ReadAsync(CancellationToken.None))
        {
            using (batch)
            {
                for (int row = 0; row < batch.Length; row++)
                    lines.Add(string.Join('|', batch.Arrays.Select(array => Text(array, row))));
            }
        }

        return string.Join('\n', lines);
    }

    private static string Text(IArrowArray array, int row) => array.IsNull(row) ? "null" : array switch
    {
        StringArray a => a.GetString(row),
        BooleanArray a => a.GetValue(row)!.Value ? "true" : "false",
        TimestampArray a => Time(a, row),
        Date32Array a => a.GetDateTime(row)!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Decimal128Array a => a.GetSqlDecimal(row).ToString()!,
        DoubleArray a => a.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture),
        Int64Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        Int32Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt32Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt64Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        _ => array.Data.DataType.Name,
    };

    private static string Time(TimestampArray array, int row)
    {
        long scale = ((Apache.Arrow.Types.TimestampType)array.Data.DataType).Unit switch
        {
            Apache.Arrow.Types.TimeUnit.Nanosecond => 1,
            Apache.Arrow.Types.TimeUnit.Microsecond => 1_000,
            Apache.Arrow.Types.TimeUnit.Millisecond => 1_000_000,
            _ => 1_000_000_000,
        };
        return (array.GetValue(row)!.Value * scale).ToString(CultureInfo.InvariantCulture);
    }
}
