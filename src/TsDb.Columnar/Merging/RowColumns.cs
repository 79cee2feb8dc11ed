using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

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

    public static ArrowBuffer Buffer(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());
}
