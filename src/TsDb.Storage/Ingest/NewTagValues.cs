using System.IO.Hashing;
using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>What one request brings to a table: tag values and series that the node did not know.</summary>
internal sealed class NewTagValues(TagValuePeriod known, TableId table, IngestLimits limits, long hashSeed)
{
    private readonly List<(string Tag, ulong Value)> _values = [];
    private readonly HashSet<(string Tag, ulong Value)> _seen = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<ulong> _series = [];
    private int _valuesKept;
    private int _seriesKept;

    public TableId Table { get; } = table;

    public IReadOnlyList<(string Tag, ulong Value)> Values => _values;

    public IReadOnlyList<ulong> Series => _series;

    /// <summary>Notes a value of the point at hand; false if the tag has as many as it may.</summary>
    public bool TryAdd(string tag, ReadOnlySpan<byte> value)
    {
        ulong hash = XxHash3.HashToUInt64(value, hashSeed);
        TagValueSet? there = known.Find(Table, tag);
        if (there?.Contains(hash) == true || _seen.Contains((tag, hash))) return true;
        int count = _counts.GetValueOrDefault(tag);
        bool isFull = (there?.Count ?? 0) + count >= limits.TagValuesMax
            || known.Total + _values.Count >= limits.TagValuesOfAllMax;
        if (isFull) return false;
        _seen.Add((tag, hash));
        _values.Add((tag, hash));
        _counts[tag] = count + 1;
        return true;
    }

    /// <summary>Notes the series of the point at hand.</summary>
    public void AddSeries(ulong series) => _series.Add(series);

    /// <summary>The point at hand went in.</summary>
    public void Keep() => (_valuesKept, _seriesKept) = (_values.Count, _series.Count);

    /// <summary>The point at hand was refused.</summary>
    public void RollBack()
    {
        for (int i = _valuesKept; i < _values.Count; i++)
        {
            _seen.Remove(_values[i]);
            _counts[_values[i].Tag]--;
        }

        _values.RemoveRange(_valuesKept, _values.Count - _valuesKept);
        _series.RemoveRange(_seriesKept, _series.Count - _seriesKept);
    }
}
