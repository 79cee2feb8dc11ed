using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>An Arrow column of texts in the making.</summary>
/// <param name="length">How many rows it will have.</param>
public sealed class OutputTexts(int length) : ITextColumn
{
    private readonly byte[] _offsets = new byte[(length + 1) * sizeof(int)];
    private readonly byte[] _validity = new byte[(length + 7) / 8];
    private byte[] _bytes = new byte[Math.Max(64, length * 12)];
    private int _used;
    private int _count;
    private int _nulls;

    /// <summary>Adds a text, or null. Throws <see cref="OverflowException"/> beyond 2 GiB.</summary>
    public void Append(byte[]? text)
    {
        if (text is null) AppendNull();
        else Append(text.AsSpan());
    }

    /// <summary>Adds a text.</summary>
    public void Append(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        BitUtility.SetBit(_validity, _count);
        End();
    }

    /// <summary>Adds the same text, or null, for some rows.</summary>
    public void AppendRepeated(ReadOnlySpan<byte> text, bool isNull, int times)
    {
        int length = isNull ? 0 : text.Length;
        Reserve(checked(length * times));
        Span<byte> into = _bytes.AsSpan(_used, length * times);
        if (!into.IsEmpty) text.CopyTo(into);
        for (int filled = length; filled < into.Length; filled *= 2)
            into[..Math.Min(filled, into.Length - filled)].CopyTo(into[filled..]);
        foreach (ref int offset in MemoryMarshal.Cast<byte, int>(_offsets.AsSpan()).Slice(_count + 1, times))
            offset = _used += length;

        if (isNull) _nulls += times;
        else ValidBits.Set(_validity, _count, times);
        _count += times;
    }

    /// <summary>Adds a null.</summary>
    public void AppendNull()
    {
        _nulls++;
        End();
    }

    /// <summary>The column; it takes over the bytes.</summary>
    public StringArray Build() => new(new ArrayData(
        StringType.Default, _count, _nulls, 0,
        [
            _nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity),
            new ArrowBuffer(_offsets), new ArrowBuffer(_bytes.AsMemory(0, _used)),
        ]));

    IArrowArray ITextColumn.Build() => Build();

    private void Reserve(int bytes)
    {
        if (_bytes.Length - _used >= bytes) return;
        int doubled = (int)Math.Min(_used * 2L, Array.MaxLength);
        Array.Resize(ref _bytes, Math.Max(checked(_used + bytes), doubled));
    }

    private void End()
    {
        _count++;
        MemoryMarshal.Cast<byte, int>(_offsets.AsSpan())[_count] = _used;
    }
}
