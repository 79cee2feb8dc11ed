using System.Numerics;

namespace TsDb.Columnar.Transfer;

/// <summary>
/// Codes numbers of which small ones are likely: whether it is zero, else its number of bits, then the bits
/// themselves, of which the first three are learnt. One model a column.
/// </summary>
internal sealed class NumberModel
{
    private const int ClassBits = 6;
    private const int LearntBits = 3;

    private readonly BitModel[] _zero = BitModel.Array(4);
    private readonly BitModel[] _class = BitModel.Array(1 << ClassBits);
    private readonly BitModel[] _first = BitModel.Array(64 << LearntBits);
    private int _lastWereZero;

    /// <summary>A number near zero of either sign.</summary>
    public long Signed<T>(ref T coder, long value)
        where T : struct, IBitCoder, allows ref struct
    {
        ulong number = Code(ref coder, ((ulong)value << 1) ^ (ulong)(value >> 63));
        return (long)(number >> 1) ^ -(long)(number & 1);
    }

    /// <summary>A count; throws <see cref="Model.ErrorKind.Corrupt"/> if it exceeds a bound.</summary>
    public int Count<T>(ref T coder, int value, int max)
        where T : struct, IBitCoder, allows ref struct
    {
        ulong number = Code(ref coder, (ulong)value);
        return number <= (ulong)max ? (int)number : throw Damage.Found($"a count of {number} exceeds {max}");
    }

    /// <summary>A number.</summary>
    public ulong Code<T>(ref T coder, ulong value)
        where T : struct, IBitCoder, allows ref struct
    {
        int isZero = coder.Bit(value == 0 ? 0 : 1, ref _zero[_lastWereZero]) == 0 ? 1 : 0;
        _lastWereZero = ((_lastWereZero << 1) | isZero) & 3;
        if (isZero != 0) return 0;
        int length = CodeTree(ref coder, 63 - BitOperations.LeadingZeroCount(value), ClassBits, _class);
        int learnt = Math.Min(LearntBits, length);
        Span<BitModel> models = _first.AsSpan(length << LearntBits, 1 << LearntBits);
        ulong bits = (ulong)CodeTree(ref coder, (int)((value >> (length - learnt)) & 7), learnt, models);
        int rest = length - learnt;
        bits = (1UL << learnt) | (bits & ((1UL << learnt) - 1));
        return rest == 0 ? bits : (bits << rest) | coder.Direct(value & ((1UL << rest) - 1), rest);
    }

    private static int CodeTree<T>(ref T coder, int value, int count, Span<BitModel> models)
        where T : struct, IBitCoder, allows ref struct
    {
        int node = 1;
        for (int left = count - 1; left >= 0; left--)
            node = (node << 1) | coder.Bit((value >> left) & 1, ref models[node]);
        return node - (1 << count);
    }
}
