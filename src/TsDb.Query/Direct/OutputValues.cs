using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Query.Direct;

/// <summary>An Arrow column of fixed-width values in the making; a row that is not set is null.</summary>
internal sealed class OutputValues<T>(int length)
    where T : unmanaged
{
    private readonly byte[] _values = new byte[length * Unsafe.SizeOf<T>()];
    private readonly byte[] _validity = new byte[(length + 7) / 8];
    private int _present;

    public void Set(int row, T value)
    {
        MemoryMarshal.Cast<byte, T>(_values.AsSpan())[row] = value;
        BitUtility.SetBit(_validity, row);
        _present++;
    }

    /// <summary>Room for the values of some rows, all of which are set.</summary>
    public Span<T> SetAll(int start, int count)
    {
        ValidBits.Set(_validity, start, count);
        _present += count;
        return MemoryMarshal.Cast<byte, T>(_values.AsSpan()).Slice(start, count);
    }

    public IArrowArray Build(IArrowType type)
    {
        ArrowBuffer validity = _present == length ? ArrowBuffer.Empty : new ArrowBuffer(_validity);
        return ArrowArrayFactory.BuildArray(
            new ArrayData(type, length, length - _present, 0, [validity, new ArrowBuffer(_values)]));
    }
}
