using CsCheck;
using TsDb.Query.Functions;

namespace TsDb.Tests.Query.Functions;

public sealed class DownsamplingTests
{
    [Fact]
    public void As_many_points_are_kept_as_wanted_with_both_ends() => Gen.Select(
        Gen.Double[-100, 100].Array[0, 200], Gen.Int[0, 50]).Sample((values, count) =>
    {
        long[] times = [.. values.Select((_, i) => i * 1_000L)];
        int[] kept = Downsampling.Keep(times, values, count);
        Assert.Equal(Math.Min(count, values.Length), values.Length < 3 ? Math.Min(count, kept.Length)
            : kept.Length);
        Assert.Equal(kept.Order().Distinct(), kept);
        if (count < 2 || values.Length < 2) return;
        Assert.Equal(0, kept[0]);
        Assert.Equal(values.Length - 1, kept[^1]);
    }, iter: 300);

    [Fact]
    public void A_peak_is_kept()
    {
        double[] values = new double[1_000];
        values[437] = 50;
        int[] kept = Downsampling.Keep([.. values.Select((_, i) => (long)i)], values, 20);
        Assert.Contains(437, kept);
    }
}
