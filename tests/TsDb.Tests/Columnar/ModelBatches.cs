using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Tests.Columnar;

/// <summary>Model points to table batches and back, through Arrow's own builders and accessors.</summary>
public static class ModelBatches
{
    public static readonly TableId Table = new("db", "weather");

    private static readonly TimestampType TimeType = new(TimeUnit.Nanosecond, "UTC");

    public static TableBatch Build(
        IReadOnlyList<ModelPoint> points, params (string Name, FieldType Type)[] fields)
    {
        string[] tags = [.. points.SelectMany(p => p.Tags.Keys).Distinct()];
        List<ModelPoint> series = [];
        Dictionary<string, int> known = [];
        int[] index = new int[points.Count];
        for (int i = 0; i < points.Count; i++)
        {
            ModelPoint identity = points[i] with { Time = 0 };
            if (!known.TryGetValue(identity.Key, out index[i]))
            {
                known[identity.Key] = index[i] = series.Count;
                series.Add(identity);
            }
        }

        RecordBatch seriesBatch = new(
            new Schema(tags.Select(t => new Field(t, StringType.Default, true)), null),
            tags.Select(t => Texts(series.Select(s => s.Tags.GetValueOrDefault(t)))),
            series.Count);
        List<Field> columns = [new("series", Int32Type.Default, false), new("time", TimeType, false)];
        List<IArrowArray> arrays =
        [
            new Int32Array.Builder().AppendRange(index).Build(),
            new TimestampArray(
                TimeType, new ArrowBuffer.Builder<long>().AppendRange(points.Select(p => p.Time)).Build(),
                default,
                points.Count, 0, 0),
        ];
        foreach ((string name, FieldType type) in fields)
        {
            columns.Add(new Field(name, ArrowTypeOf(type), true));
            arrays.Add(Values(type, points.Select(p => p.Fields.GetValueOrDefault(name))));
        }

        return new TableBatch(
            Table, seriesBatch, new RecordBatch(new Schema(columns, null), arrays, points.Count));
    }

    /// <summary>The points of a batch in row order; null values are left out.</summary>
    public static List<ModelPoint> Read(TableBatch batch)
    {
        List<ModelPoint> points = [];
        for (int row = 0; row < batch.RowCount; row++)
        {
            int series = batch.SeriesIndex[row];
            Dictionary<string, string> tags = [];
            for (int t = 0; t < batch.Series.ColumnCount; t++)
            {
                string? value = ((StringArray)batch.Series.Column(t)).GetString(series);
                if (value is not null) tags[batch.Series.Schema.GetFieldByIndex(t).Name] = value;
            }

            Dictionary<string, object> fields = [];
            for (int f = TableBatch.FieldsStart; f < batch.Rows.ColumnCount; f++)
            {
                object? value = ValueAt(batch.Rows.Column(f), row);
                if (value is not null) fields[batch.Rows.Schema.GetFieldByIndex(f).Name] = value;
            }

            points.Add(new ModelPoint(tags, batch.Times[row], fields));
        }

        return points;
    }

    /// <summary>
    /// One line a point, doubles by their bits: equal text means equal points, NaN payloads included.
    /// </summary>
    public static string Text(IEnumerable<ModelPoint> points) => string.Join('\n', points.Select(p =>
        p.Key + " " + string.Join(
            ',', p.Fields.OrderBy(f => f.Key, StringComparer.Ordinal)
                .Select(f => $"{f.Key}={ValueText(f.Value)}"))));

    private static string ValueText(object value) => value switch
    {
        double d => "d" + BitConverter.DoubleToInt64Bits(d).ToString("x16"),
        long l => "i" + l,
        ulong u => "u" + u,
        _ => value.GetType().Name + ":" + value,
    };

    private static object? ValueAt(IArrowArray array, int row) => array switch
    {
        DoubleArray a => a.GetValue(row),
        Int64Array a => a.GetValue(row),
        UInt64Array a => a.GetValue(row),
        BooleanArray a => a.GetValue(row),
        StringArray a => a.GetString(row),
        _ => throw new InvalidOperationException(array.GetType().Name),
    };

    private static IArrowType ArrowTypeOf(FieldType type) => type switch
    {
        FieldType.Float64 => DoubleType.Default,
        FieldType.Int64 => Int64Type.Default,
        FieldType.UInt64 => UInt64Type.Default,
        FieldType.Boolean => BooleanType.Default,
        _ => StringType.Default,
    };

    private static IArrowArray Values(FieldType type, IEnumerable<object?> values) => type switch
    {
        FieldType.Float64 =>
            values.Aggregate(
            new DoubleArray.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append((double)v)).Build(),
        FieldType.Int64 =>
            values.Aggregate(
            new Int64Array.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append((long)v)).Build(),
        FieldType.UInt64 =>
            values.Aggregate(
            new UInt64Array.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append((ulong)v)).Build(),
        FieldType.Boolean =>
            values.Aggregate(
            new BooleanArray.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append((bool)v)).Build(),
        _ => Texts(values.Select(v => (string?)v)),
    };

    private static StringArray Texts(IEnumerable<string?> values) =>
        values.Aggregate(new StringArray.Builder(), (b, v) => v is null ? b.AppendNull() : b.Append(v))
            .Build();
}
