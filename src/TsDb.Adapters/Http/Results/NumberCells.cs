using System.Numerics;
using System.Runtime.InteropServices;
using Apache.Arrow;
using TsDb.Query.Direct;

namespace TsDb.Adapters.Http.Results;

/// <summary>Integers of any width up to 64 bits.</summary>
internal sealed class IntegerCell<T> : CellWriter
    where T : struct, IBinaryInteger<T>
{
    private T[] _values = [];

    /// <summary>The batch's values by row, at least.</summary>
    public ReadOnlySpan<T> Values => _values;

    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        if (typeof(T) == typeof(long) && array is not PrimitiveArray<T>)
        {
            // A column of 64 bits that came in fewer.
            if (_values.Length < array.Length) _values = new T[array.Length];
            ShortIntegers.CopyTo(array, MemoryMarshal.Cast<T, long>(_values.AsSpan()));
            return;
        }

        Copy(((PrimitiveArray<T>)array).Values, ref _values);
    }

    public override void WriteJson(int row, Utf8Buffer to) => NumberText.Append(to, _values[row]);

    public override void WriteMember(ReadOnlySpan<byte> prefix, int row, Utf8Buffer to)
    {
        if (IsAbsent(row)) base.WriteMember(prefix, row, to);
        else NumberText.Append(to, prefix, _values[row]);
    }
}

/// <summary>Floating-point numbers: JSON has no NaN and no infinity, so there they are null.</summary>
internal sealed class FloatCell<T> : CellWriter
    where T : struct, IFloatingPointIeee754<T>
{
    private T[] _values = [];

    public override void Bind(IArrowArray array)
    {
        base.Bind(array);
        Copy(((PrimitiveArray<T>)array).Values, ref _values);
    }

    public override bool IsNull(int row) => base.IsNull(row) || !T.IsFinite(_values[row]);

    public override void WriteJson(int row, Utf8Buffer to)
    {
        if (typeof(T) == typeof(double)) NumberText.Append(to, double.CreateTruncating(_values[row]));
        else to.AppendNumber(_values[row]);
    }
}

/// <summary>Booleans.</summary>
internal sealed class BooleanCell : CellWriter
{
    public override void WriteJson(int row, Utf8Buffer to) =>
        to.Append(((BooleanArray)Array).GetValue(row) == true ? "true"u8 : "false"u8);
}

/// <summary>Decimals, and integers of 128 bits: every digit.</summary>
internal sealed class DecimalCell(int scale) : CellWriter
{
    public override void WriteJson(int row, Utf8Buffer to)
    {
        ReadOnlySpan<Int128> values = MemoryMarshal.Cast<byte, Int128>(Array.Data.Buffers[1].Span);
        Int128 value = values[Array.Data.Offset + row];
        if (scale == 0)
        {
            to.AppendNumber(value);
            return;
        }

        UInt128 size = value < 0 ? (UInt128)(-value) : (UInt128)value;
        if (value < 0) to.Append('-');
        UInt128 unit = UInt128.One;
        for (int i = 0; i < scale; i++) unit *= 10;
        to.AppendNumber(size / unit);
        to.Append('.');
        UInt128 rest = size % unit;
        for (unit /= 10; unit > 0; unit /= 10) to.Append((char)('0' + (int)(rest / unit % 10)));
    }
}
