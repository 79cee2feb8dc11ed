namespace TsDb.Columnar.Merging;

/// <summary>
/// Where every input row goes: rows are counted into their series, sorted by time inside it where they are
/// not sorted already, and rows of the same key share one place. Equal keys keep the order of the inputs, so
/// that writing the values in input order leaves the newest.
/// </summary>
internal sealed class RowOrder
{
    private RowOrder(int[] destinations, int[] series, long[] times, List<int> ranks) =>
        (Destinations, Series, Times, Ranks) = (destinations, series, times, ranks);

    /// <summary>By input row, all inputs counted through: the output row, or -1 for a row left out.</summary>
    public int[] Destinations { get; }

    /// <summary>By output row: the series, without gaps and rising.</summary>
    public int[] Series { get; }

    /// <summary>By output row: the time.</summary>
    public long[] Times { get; }

    /// <summary>
    /// By output series: its rank among all series of the inputs; a series without rows has no place.
    /// </summary>
    public IReadOnlyList<int> Ranks { get; }

    /// <summary>True if every input row goes where it already is.</summary>
    public bool IsIdentity { get; private init; }

    /// <param name="inputs">Oldest first.</param>
    /// <param name="ranks">By input and row of its series batch: the order of the series.</param>
    /// <param name="rankCount">Number of distinct series.</param>
    /// <param name="keep">Which rows take part.</param>
    public static RowOrder Of(IReadOnlyList<TableBatch> inputs, int[][] ranks, int rankCount, RowFilter keep)
    {
        int total = checked(inputs.Sum(i => i.RowCount));
        int[] rankOfRow = new int[total];
        int[] starts = CountRows(inputs, ranks, rankCount, keep, rankOfRow);
        int kept = starts[rankCount];
        int[] order = new int[kept];
        long[] times = new long[kept];
        Place(inputs, rankOfRow, starts, order, times);
        for (int rank = 0; rank < rankCount; rank++)
            SortSeries(
                times.AsSpan(starts[rank]..starts[rank + 1]), order.AsSpan(starts[rank]..starts[rank + 1]));
        return Merge(order, times, starts, rankOfRow);
    }

    /// <summary>The order of rows that lie where they belong.</summary>
    public static RowOrder InPlace(int[] series, long[] times) =>
        new([.. Enumerable.Range(0, times.Length)], series, times, []) { IsIdentity = true };

    private static int[] CountRows(
        IReadOnlyList<TableBatch> inputs, int[][] ranks, int rankCount, RowFilter keep, int[] rankOfRow)
    {
        int[] starts = new int[rankCount + 1];
        int at = 0;
        for (int input = 0; input < inputs.Count; input++)
        {
            ReadOnlySpan<int> series = inputs[input].SeriesIndex;
            ReadOnlySpan<long> times = inputs[input].Times;
            int[] rank = ranks[input];
            for (int row = 0; row < series.Length; row++, at++)
            {
                bool isKept = keep.Includes(input, row, times[row]);
                rankOfRow[at] = isKept ? rank[series[row]] : -1;
                if (isKept) starts[rank[series[row]] + 1]++;
            }
        }

        for (int rank = 0; rank < rankCount; rank++) starts[rank + 1] += starts[rank];
        return starts;
    }

    private static void Place(
        IReadOnlyList<TableBatch> inputs, int[] rankOfRow, int[] starts, int[] order, long[] times)
    {
        int[] next = starts.AsSpan(0, starts.Length - 1).ToArray();
        int at = 0;
        foreach (TableBatch input in inputs)
        {
            foreach (long time in input.Times)
            {
                int rank = rankOfRow[at];
                if (rank >= 0)
                {
                    int place = next[rank]++;
                    order[place] = at;
                    times[place] = time;
                }

                at++;
            }
        }
    }

    private static void SortSeries(Span<long> times, Span<int> order)
    {
        bool isSorted = true;
        for (int i = 1; i < times.Length && isSorted; i++) isSorted = times[i - 1] <= times[i];
        if (isSorted) return;
        times.Sort(order);
        // The sort is not stable: rows of one time are put back into input order, which their numbers are.
        for (int start = 0; start < times.Length;)
        {
            int end = start + 1;
            while (end < times.Length && times[end] == times[start]) end++;
            if (end - start > 1) order[start..end].Sort();
            start = end;
        }
    }

    /// <summary>
    /// Gives equal keys one place; the ranks of the input rows make room for their destinations.
    /// </summary>
    private static RowOrder Merge(int[] order, long[] times, int[] starts, int[] rankOfRow)
    {
        int[] destinations = rankOfRow;
        int[] series = new int[order.Length];
        List<int> ranks = [];
        int written = 0;
        bool isIdentity = order.Length == rankOfRow.Length;
        for (int rank = 0; rank + 1 < starts.Length; rank++)
        {
            int seriesStart = written;
            for (int i = starts[rank]; i < starts[rank + 1]; i++)
            {
                if (written == seriesStart || times[i] != times[written - 1])
                {
                    series[written] = ranks.Count;
                    times[written++] = times[i];
                }

                destinations[order[i]] = written - 1;
                isIdentity &= order[i] == written - 1;
            }

            if (written > seriesStart) ranks.Add(rank);
        }

        if (written < series.Length) Array.Resize(ref series, written);
        if (written < times.Length) Array.Resize(ref times, written);
        return new RowOrder(destinations, series, times, ranks) { IsIdentity = isIdentity };
    }
}
