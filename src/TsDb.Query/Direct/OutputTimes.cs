using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Query.Direct;

/// <summary>Arrow columns of times.</summary>
internal static class OutputTimes
{
    /// <summary>Nanoseconds in the unit of the type, which loses nothing or what the engine loses
    /// too.</summary>
    public static IArrowArray Build(IArrowType type, ReadOnlySpan<long> times)
    {
        long unit = UnitOf(type) ?? throw new InvalidOperationException($"{type.Name} is no type of times");
        OutputValues<long> values = new(times.Length);
        Span<long> into = values.SetAll(0, times.Length);
        if (unit == 1) times.CopyTo(into);
        else for (int i = 0; i < times.Length; i++) into[i] = times[i] / unit;
        return values.Build(type);
    }

    /// <summary>The times of a column, in nanoseconds; any number where there is none.</summary>
    public static long[] Of(TimestampArray column)
    {
        long unit = UnitOf(column.Data.DataType)!.Value;
        long[] times = column.Values.ToArray();
        if (unit != 1) for (int i = 0; i < times.Length; i++) times[i] *= unit;
        return times;
    }

    /// <summary>Nanoseconds that one unit has; null if it is no type of times.</summary>
    public static long? UnitOf(IArrowType type) => type is not TimestampType timestamp ? null
        : timestamp.Unit switch
    {
        TimeUnit.Nanosecond => 1,
        TimeUnit.Microsecond => 1_000,
        TimeUnit.Millisecond => 1_000_000,
        _ => 1_000_000_000,
    };
}
