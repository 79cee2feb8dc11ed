using System.IO.Hashing;
using Apache.Arrow;

namespace TsDb.Columnar.Merging;

/// <summary>
/// The distinct tag sets of all inputs in the order of the sort: tag by tag, values as unsigned UTF-8 bytes,
/// an absent value (the same as an empty one) first.
/// </summary>
internal sealed class SeriesRanking
{
    private readonly IReadOnlyList<TableBatch> _inputs;
    private readonly MergeColumns _columns;
    private readonly List<(int Input, int Row)> _distinct = [];

    public SeriesRanking(IReadOnlyList<TableBatch> inputs, MergeColumns columns)
    {
        (_inputs, _columns) = (inputs, columns);
        Ranks = new int[inputs.Count][];
        FindDistinct();
        int[] sorted = [.. Enumerable.Range(0, _distinct.Count)];
        IsSorted = true;
        for (int i = 1; i < sorted.Length && IsSorted; i++) IsSorted = Compare(i - 1, i) < 0;
        if (!IsSorted) sorted.AsSpan().Sort(Compare);
        int[] rankOfDistinct = new int[sorted.Length];
        for (int rank = 0; rank < sorted.Length; rank++) rankOfDistinct[sorted[rank]] = rank;
        foreach (int[] ranks in Ranks)
        {
            for (int i = 0; i < ranks.Length; i++) ranks[i] = rankOfDistinct[ranks[i]];
        }

        Sorted = [.. sorted.Select(d => _distinct[d])];
    }

    /// <summary>By input and row of its series batch: the place in the order.</summary>
    public int[][] Ranks { get; }

    /// <summary>By rank: an input and a row of its series batch that holds the tag set.</summary>
    public (int Input, int Row)[] Sorted { get; }

    /// <summary>True if the tag sets came in the order of the sort.</summary>
    public bool IsSorted { get; }

    private Utf8Column Column(int input, int place) => new((StringArray)_inputs[input].Series.Column(place));

    private ReadOnlySpan<byte> Value((int Input, int Row) series, int tag)
    {
        int place = _columns.TagPlaces[series.Input][tag];
        return place < 0 ? [] : Column(series.Input, place)[series.Row];
    }

    private int Compare(int left, int right)
    {
        for (int tag = 0; tag < _columns.Tags.Count; tag++)
        {
            int order = Value(_distinct[left], tag).SequenceCompareTo(Value(_distinct[right], tag));
            if (order != 0) return order;
        }

        return 0;
    }

    private bool AreEqual((int Input, int Row) left, (int Input, int Row) right)
    {
        for (int tag = 0; tag < _columns.Tags.Count; tag++)
        {
            if (!Value(left, tag).SequenceEqual(Value(right, tag))) return false;
        }

        return true;
    }

    private void FindDistinct()
    {
        Dictionary<ulong, int> firstOfHash = [];
        List<int> nextOfHash = [];
        for (int input = 0; input < _inputs.Count; input++)
        {
            ulong[] hashes = Hashes(input);
            int[] ids = Ranks[input] = new int[hashes.Length];
            for (int row = 0; row < hashes.Length; row++)
            {
                int id = firstOfHash.GetValueOrDefault(hashes[row], -1);
                int first = id;
                while (id >= 0 && !AreEqual(_distinct[id], (input, row))) id = nextOfHash[id];
                if (id < 0)
                {
                    id = _distinct.Count;
                    _distinct.Add((input, row));
                    nextOfHash.Add(first);
                    firstOfHash[hashes[row]] = id;
                }

                ids[row] = id;
            }
        }
    }

    /// <summary>
    /// A hash per row of the series batch that does not depend on which absent tags the input has.
    /// </summary>
    private ulong[] Hashes(int input)
    {
        ulong[] hashes = new ulong[_inputs[input].Series.Length];
        for (int tag = 0; tag < _columns.Tags.Count; tag++)
        {
            int place = _columns.TagPlaces[input][tag];
            if (place < 0) continue;
            Utf8Column column = Column(input, place);
            for (int row = 0; row < hashes.Length; row++)
            {
                ReadOnlySpan<byte> value = column[row];
                if (!value.IsEmpty) hashes[row] += XxHash3.HashToUInt64(value, tag + 1);
            }
        }

        return hashes;
    }
}
