using System.Numerics;

namespace TsDb.Columnar.Vectors;

/// <summary>Sums and extremes of spans, as many values at a time as the processor takes. Each has a scalar
/// twin that a property test holds it equal to.</summary>
public static class Folds
{
    /// <summary>The greatest value; of doubles, NaN is greater than any. The span must not be
    /// empty.</summary>
    public static T Max<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        if (values.Length < 2 * Vector<T>.Count) return MaxScalar(values);
        Vector<T> greatest = new(values);
        if (!Vector.EqualsAll(greatest, greatest)) return MaxScalar(values);
        int i = Vector<T>.Count;
        for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> next = new(values[i..]);
            if (!Vector.EqualsAll(next, next)) return MaxScalar(values);
            greatest = Vector.Max(greatest, next);
        }

        T result = MaxScalar(values[i..], values[0]);
        for (int lane = 0; lane < Vector<T>.Count; lane++) result = Greater(result, greatest[lane]);
        return result;
    }

    /// <summary>The least value; of doubles, NaN only if there is no other. The span must not be
    /// empty.</summary>
    public static T Min<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        if (values.Length < 2 * Vector<T>.Count) return MinScalar(values);
        Vector<T> least = new(values);
        if (!Vector.EqualsAll(least, least)) return MinScalar(values);
        int i = Vector<T>.Count;
        for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> next = new(values[i..]);
            if (!Vector.EqualsAll(next, next)) return MinScalar(values);
            least = Vector.Min(least, next);
        }

        T result = values[0];
        foreach (T value in values[i..]) result = Lesser(result, value);
        for (int lane = 0; lane < Vector<T>.Count; lane++) result = Lesser(result, least[lane]);
        return result;
    }

    /// <summary>The sum; 16-bit values of up to 2^31 rows fit, and so do 32-bit ones.</summary>
    public static long Sum(ReadOnlySpan<short> values)
    {
        if (values.Length < Vector<short>.Count) return SumScalar(values);
        Vector<long> total = Vector<long>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<short>.Count; i += Vector<short>.Count)
        {
            Vector.Widen(new Vector<short>(values[i..]), out Vector<int> low, out Vector<int> high);
            Vector.Widen(low + high, out Vector<long> left, out Vector<long> right);
            total += left + right;
        }

        return Vector.Sum(total) + SumScalar(values[i..]);
    }

    /// <inheritdoc cref="Sum(ReadOnlySpan{short})"/>
    public static long Sum(ReadOnlySpan<int> values)
    {
        if (values.Length < Vector<int>.Count) return SumScalar(values);
        Vector<long> total = Vector<long>.Zero;
        int i = 0;
        for (; i <= values.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector.Widen(new Vector<int>(values[i..]), out Vector<long> low, out Vector<long> high);
            total += low + high;
        }

        return Vector.Sum(total) + SumScalar(values[i..]);
    }

    /// <summary>The greater of two, in the engine's order.</summary>
    public static T Greater<T>(T one, T other)
        where T : struct, INumber<T> =>
        T.IsNaN(one) || (one >= other && !T.IsNaN(other)) ? one : other;

    /// <summary>The lesser of two, in the engine's order.</summary>
    public static T Lesser<T>(T one, T other)
        where T : struct, INumber<T> =>
        T.IsNaN(one) || other < one ? other : one;

    internal static T MaxScalar<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T> => MaxScalar(values[1..], values[0]);

    internal static T MinScalar<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        T result = values[0];
        foreach (T value in values[1..]) result = Lesser(result, value);
        return result;
    }

    internal static long SumScalar<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        long total = 0;
        foreach (T value in values) total += long.CreateTruncating(value);
        return total;
    }

    private static T MaxScalar<T>(ReadOnlySpan<T> values, T start)
        where T : struct, INumber<T>
    {
        T result = start;
        foreach (T value in values) result = Greater(result, value);
        return result;
    }
}
