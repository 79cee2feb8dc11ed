namespace TsDb.Query.Functions;

/// <summary>Largest-Triangle-Three-Buckets (Steinarsson, 2013): few points whose plot looks like that of
/// all.</summary>
public static class Downsampling
{
    /// <summary>The indexes of the points to keep, in order, the first and the last among them.</summary>
    /// <param name="times">Times, in order.</param>
    /// <param name="values">The values at these times.</param>
    /// <param name="count">How many points to keep; all are kept if there are no more than that.</param>
    public static int[] Keep(ReadOnlySpan<long> times, ReadOnlySpan<double> values, int count)
    {
        int all = times.Length;
        if (all <= count || all < 3) return [.. Enumerable.Range(0, all)];
        if (count <= 2) return [.. new[] { 0, all - 1 }.Take(count)];
        int[] kept = new int[count];
        double width = (double)(all - 2) / (count - 2);
        for (int bucket = 1; bucket < count - 1; bucket++)
        {
            int start = (int)((bucket - 1) * width) + 1;
            int end = (int)(bucket * width) + 1;
            int next = Math.Min((int)((bucket + 1) * width) + 1, all);
            (double x, double y) = Middle(times, values, end, Math.Max(next, end + 1), times[0]);
            (double ax, double ay) = ((double)times[kept[bucket - 1]] - times[0], values[kept[bucket - 1]]);
            double largest = -1;
            for (int i = start; i < Math.Max(end, start + 1); i++)
            {
                double area = Math.Abs(
                    ((ax - x) * (values[i] - ay)) - ((ax - ((double)times[i] - times[0])) * (y - ay)));
                if (area <= largest) continue;
                (largest, kept[bucket]) = (area, i);
            }
        }

        kept[^1] = all - 1;
        return kept;
    }

    private static (double X, double Y) Middle(
        ReadOnlySpan<long> times, ReadOnlySpan<double> values, int start, int end, long origin)
    {
        end = Math.Min(end, times.Length);
        (double x, double y) = (0, 0);
        for (int i = start; i < end; i++) (x, y) = (x + ((double)times[i] - origin), y + values[i]);
        return (x / (end - start), y / (end - start));
    }
}
