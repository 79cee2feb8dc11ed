using Apache.Arrow;
using Apache.Arrow.Types;
using Array = System.Array;

namespace TsDb.Query.Direct;

/// <summary>An Arrow column of texts in the making.</summary>
internal sealed class OutputTexts(int length)
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
        if (_bytes.Length - _used < text.Length)
        {
            int doubled = (int)Math.Min(_used * 2L, Array.MaxLength);
            Array.Resize(ref _bytes, Math.Max(checked(_used + text.Length), doubled));
        }


        text.CopyTo(_bytes.AsSpan(_used));
        _used += text.Length;
        BitUtility.SetBit(_validity, _count);
        End();
    }

    /// <summary>Adds a null.</summary>
    public void AppendNull()
    {
        _nulls++;
        End();
    }

    public StringArray Build() => new(new ArrayData(
        StringType.Default, _count, _nulls, 0,
        [
            _nulls == 0 ? ArrowBuffer.Empty : new ArrowBuffer(_validity),
            new ArrowBuffer(_offsets), new ArrowBuffer(_bytes.AsMemory(0, _used)),
        ]));

    private void End()
    {
        _count++;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(
            _offsets.AsSpan(_count * sizeof(int)), _used);
    }
}
