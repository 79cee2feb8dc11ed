using System.Numerics;

namespace TsDb.Columnar.Parquet;

/// <summary>Distinct 64-bit words in order of first appearance, up to a bound.</summary>
internal sealed class WordDictionary
{
    private readonly int _countMax;
    private readonly List<long> _words = [];
    private int[] _slots = new int[256];

    public WordDictionary(int countMax) => _countMax = countMax;

    public IReadOnlyList<long> Words => _words;

    /// <summary>The places of the values; false if there are more distinct ones than the bound.</summary>
    public bool TryIndex(ReadOnlySpan<long> values, Span<int> indexes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (i > 0 && values[i] == values[i - 1])
            {
                indexes[i] = indexes[i - 1];
                continue;
            }

            int index = IndexOf(values[i]);
            if (index < 0) return false;
            indexes[i] = index;
        }

        return true;
    }

    private static int Hash(long word) => (int)((ulong)word * 0x9E3779B97F4A7C15UL >> 33);

    private int IndexOf(long word)
    {
        int mask = _slots.Length - 1;
        int slot = Hash(word) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_words[_slots[slot] - 1] == word) return _slots[slot] - 1;
        }

        if (_words.Count == _countMax) return -1;
        _words.Add(word);
        _slots[slot] = _words.Count;
        if (_words.Count * 2 > _slots.Length) Grow();
        return _words.Count - 1;
    }

    private void Grow()
    {
        _slots = new int[BitOperations.RoundUpToPowerOf2((uint)_slots.Length * 2)];
        int mask = _slots.Length - 1;
        for (int i = 0; i < _words.Count; i++)
        {
            int slot = Hash(_words[i]) & mask;
            while (_slots[slot] != 0) slot = (slot + 1) & mask;
            _slots[slot] = i + 1;
        }
    }
}
