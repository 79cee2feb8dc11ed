using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace TsDb.Columnar.Merging;

/// <summary>
/// A text array put together value by value; an empty value is stored as null, as tags are.
/// </summary>
internal sealed class TextGather(int count)
{
    private readonly byte[] _offsets = new byte[(count + 1) * sizeof(int)];
    private readonly byte[] _validity = new byte[(count + 7) / 8];
    private byte[] _text = [];
    private int _textLength;
    private int _written;
    private int _present;

    public void Append(ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            if (_text.Length - _textLength < value.Length)
                System.Array.Resize(
                    ref _text, checked(Math.Max(_textLength + value.Length, _textLength * 2)));
            value.CopyTo(_text.AsSpan(_textLength));
            _textLength += value.Length;
            BitUtility.SetBit(_validity, _written);
            _present++;
        }

        _written++;
        MemoryMarshal.Cast<byte, int>(_offsets.AsSpan())[_written] = _textLength;
    }

    /// <summary>The array, or null if no value was present.</summary>
    public StringArray? Build() => _present == 0 && count > 0 ? null : new StringArray(new ArrayData(
        StringType.Default, count, count - _present, 0,
        [
            _present == count ? ArrowBuffer.Empty : new ArrowBuffer(_validity),
            new ArrowBuffer(_offsets),
            new ArrowBuffer(_text.AsMemory(0, _textLength)),
        ]));
}
