using Apache.Arrow;

namespace TsDb.Query.Direct;

/// <summary>A column of <see cref="TextRuns"/> in the making.</summary>
internal sealed class OutputRuns : ITextColumn
{
    private readonly List<int> _ends = [];
    private readonly List<byte[]?> _texts = [];
    private int _rows;

    public void AppendRepeated(ReadOnlySpan<byte> text, bool isNull, int times)
    {
        if (times == 0) return;
        _rows += times;
        if (_texts.Count > 0 && IsLast(text, isNull))
        {
            _ends[^1] = _rows;
            return;
        }

        _ends.Add(_rows);
        _texts.Add(isNull ? null : text.ToArray());
    }

    public IArrowArray Build() => TextRuns.Of(_ends, _texts);

    private bool IsLast(ReadOnlySpan<byte> text, bool isNull) =>
        _texts[^1] is { } last ? !isNull && text.SequenceEqual(last) : isNull;
}
