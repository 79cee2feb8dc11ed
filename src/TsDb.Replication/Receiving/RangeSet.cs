using System.Collections.Immutable;
using TsDb.Codec.Shipment;

namespace TsDb.Replication.Receiving;

/// <summary>Which bytes of a shipment have come: disjoint ranges in order, neighbours joined.</summary>
internal sealed class RangeSet(long length)
{
    private readonly List<WantRange> _ranges = [];

    /// <summary>True if every byte is there.</summary>
    public bool IsWhole => _ranges.Count == 1 && _ranges[0].Length == length;

    /// <summary>Adds a range inside the length; false if all of it was there.</summary>
    public bool Add(long offset, long count)
    {
        long end = offset + count;
        int first = _ranges.FindIndex(range => range.End >= offset);
        if (first < 0)
        {
            _ranges.Add(new WantRange(offset, count));
            return true;
        }

        if (_ranges[first].Offset <= offset && end <= _ranges[first].End) return false;
        int behind = first;
        long start = offset;
        while (behind < _ranges.Count && _ranges[behind].Offset <= end)
        {
            start = Math.Min(start, _ranges[behind].Offset);
            end = Math.Max(end, _ranges[behind].End);
            behind++;
        }

        _ranges.RemoveRange(first, behind - first);
        _ranges.Insert(first, new WantRange(start, end - start));
        return true;
    }

    /// <summary>The first ranges that are missing, at most <paramref name="rangesMax"/>.</summary>
    public ImmutableArray<WantRange> Missing(int rangesMax)
    {
        ImmutableArray<WantRange>.Builder missing = ImmutableArray.CreateBuilder<WantRange>();
        long at = 0;
        foreach (WantRange range in _ranges)
        {
            if (missing.Count == rangesMax) return missing.ToImmutable();
            if (range.Offset > at) missing.Add(new WantRange(at, range.Offset - at));
            at = range.End;
        }

        if (at < length && missing.Count < rangesMax) missing.Add(new WantRange(at, length - at));
        return missing.ToImmutable();
    }
}
