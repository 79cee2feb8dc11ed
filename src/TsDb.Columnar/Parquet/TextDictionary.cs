using System.IO.Hashing;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Distinct texts in order of first appearance, as UTF-8, up to a bound of their number and bytes.
/// </summary>
internal sealed class TextDictionary(int countMax, int bytesMax)
{
    private readonly Dictionary<ulong, int> _firstOfHash = [];
    private readonly List<int> _nextOfHash = [];
    private readonly List<int> _ends = [];
    private byte[] _text = new byte[256];

    public int Count => _ends.Count;

    public ReadOnlySpan<byte> this[int index] =>
        _text.AsSpan((index == 0 ? 0 : _ends[index - 1]).._ends[index]);

    /// <summary>The place of the text, or -1 if there is no room for another.</summary>
    public int IndexOf(ReadOnlySpan<byte> text)
    {
        ulong hash = XxHash3.HashToUInt64(text);
        int first = _firstOfHash.GetValueOrDefault(hash, -1);
        for (int index = first; index >= 0; index = _nextOfHash[index])
        {
            if (this[index].SequenceEqual(text)) return index;
        }

        int start = _ends.Count == 0 ? 0 : _ends[^1];
        if (_ends.Count == countMax || text.Length > bytesMax - start) return -1;
        if (_text.Length - start < text.Length)
            Array.Resize(ref _text, Math.Max(start + text.Length, _text.Length * 2));
        text.CopyTo(_text.AsSpan(start));
        _ends.Add(start + text.Length);
        _nextOfHash.Add(first);
        _firstOfHash[hash] = _ends.Count - 1;
        return _ends.Count - 1;
    }
}
