using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using TsDb.Model;

namespace TsDb.Columnar.Merging;

/// <summary>The two columns that every row batch starts with.</summary>
internal static class RowColumns
{
    public static readonly TimestampType TimeType = new(TimeUnit.Nanosecond, "UTC");

    public static readonly Field SeriesField = new("series", Int32Type.Default, nullable: false);

    public static readonly Field TimeField = new("time", TimeType, nullable: false);

    public static Int32Array Series(ReadOnlySpan<int> series) =>
        new(Buffer(MemoryMarshal.AsBytes(series)), ArrowBuffer.Empty, series.Length, 0, 0);

    public static TimestampArray Times(ReadOnlySpan<long> times) =>
        new(TimeType, Buffer(MemoryMarshal.AsBytes(times)), ArrowBuffer.Empty, times.Length, 0, 0);

    public static IArrowType TypeOf(FieldType type) => type switch
    {
        FieldType.String => StringType.Default,
        FieldType.Boolean => BooleanType.Default,
        FieldType.Float64 => DoubleType.Default,
        FieldType.UInt64 => UInt64Type.Default,
        _ => Int64Type.Default,
    };

    public static ArrowBuffer Buffer(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());
}
