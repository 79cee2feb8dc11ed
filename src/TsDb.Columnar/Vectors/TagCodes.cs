using System.Text;
using Apache.Arrow;
using TsDb.Columnar.Merging;

namespace TsDb.Columnar.Vectors;

/// <summary>One tag of the series of a block: a small number for each distinct value.</summary>
public sealed class TagCodes
{
    /// <summary>The code of a series without the tag.</summary>
    public const int Absent = -1;

    private readonly int[] _codes;
    private readonly List<string> _values = [];
    private readonly List<byte[]> _texts = [];
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    internal TagCodes(StringArray array)
    {
        Utf8Column column = new(array);
        _codes = new int[array.Length];
        for (int series = 0; series < _codes.Length; series++)
        {
            // Series are sorted, so equal values often stand side by side.
            if (series > 0 && column.IsNull(series) == column.IsNull(series - 1)
                && column[series].SequenceEqual(column[series - 1]))
            {
                _codes[series] = _codes[series - 1];
                continue;
            }

            _codes[series] = column.IsNull(series) ? Absent : Place(Encoding.UTF8.GetString(column[series]));
        }
    }

    /// <summary>By series: the code of its value, or <see cref="Absent"/>.</summary>
    public ReadOnlySpan<int> Codes => _codes;

    /// <summary>The distinct values by code.</summary>
    public IReadOnlyList<string> Values => _values;

    /// <summary>A distinct value as UTF-8.</summary>
    public ReadOnlySpan<byte> Utf8(int code) => _texts[code];

    /// <summary>The code of a value; <see cref="Absent"/> if no series has it.</summary>
    public int Find(string value) => _places.GetValueOrDefault(value, Absent);

    private int Place(string value)
    {
        if (_places.TryGetValue(value, out int place)) return place;
        _places.Add(value, _values.Count);
        _values.Add(value);
        _texts.Add(Encoding.UTF8.GetBytes(value));
        return _values.Count - 1;
    }
}
