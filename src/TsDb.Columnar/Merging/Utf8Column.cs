using Apache.Arrow;

namespace TsDb.Columnar.Merging;

/// <summary>
/// A text array as spans of UTF-8, without a string per value. An absent value reads as empty.
/// </summary>
internal readonly ref struct Utf8Column
{
    private readonly ReadOnlySpan<int> _offsets;
    private readonly ReadOnlySpan<byte> _text;
    private readonly ReadOnlySpan<byte> _validity;
    private readonly int _start;

    public Utf8Column(StringArray array)
    {
        ArrayData data = array.Data;
        _start = data.Offset;
        _offsets = array.Length == 0 ? []
            : data.Buffers[1].Span.CastTo<int>().Slice(_start, array.Length + 1);
        _text = data.Buffers[2].Span;
        _validity = array.NullCount == 0 ? [] : data.Buffers[0].Span;
    }

    public bool IsNull(int index) => !_validity.IsEmpty && !BitUtility.GetBit(_validity, _start + index);

    public int LengthOf(int index) => IsNull(index) ? 0 : _offsets[index + 1] - _offsets[index];

    public ReadOnlySpan<byte> this[int index] =>
        IsNull(index) ? [] : _text[_offsets[index].._offsets[index + 1]];
}
