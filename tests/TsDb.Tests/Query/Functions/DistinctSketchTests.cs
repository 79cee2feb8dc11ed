using CsCheck;
using TsDb.Query.Functions;

namespace TsDb.Tests.Query.Functions;

public sealed class DistinctSketchTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(3_000)]
    [InlineData(100_000)]
    [InlineData(1_000_000)]
    public void Estimates_stay_within_five_standard_errors(int count)
    {
        DistinctSketch sketch = Of(0, count);
        Assert.InRange(sketch.Estimate(), (long)(count * 0.92), (long)Math.Ceiling(count * 1.08));
    }

    [Fact]
    public void The_order_of_merging_changes_nothing() => Gen.Select(
        Gen.Int[0, 2_000].Array[1, 6], Gen.Int[0, 1_000])
        .Sample((counts, seed) =>
        {
            DistinctSketch[] parts = [.. counts.Select((count, i) => Of(i * 700, count))];
            DistinctSketch forward = new();
            DistinctSketch backward = new();
            foreach (DistinctSketch part in parts) forward.Add(part);
            foreach (DistinctSketch part in parts.Reverse()) backward.Add(part.ToBytes().AsSpan());
            Assert.Equal(forward.ToBytes(), backward.ToBytes());
            DistinctSketch whole = new();
            for (int i = 0; i < parts.Length; i++) whole.Add(Of(i * 700, counts[i]));
            Assert.Equal(whole.Estimate(), forward.Estimate());
        }, iter: 50);

    [Fact]
    public void Other_bytes_are_refused()
    {
        Assert.Throws<FormatException>(() => new DistinctSketch().Add([]));
        Assert.Throws<FormatException>(() => new DistinctSketch().Add([2, 0, 0]));
        Assert.Throws<FormatException>(() => new DistinctSketch().Add([1, 255, 255, 1]));
        Assert.Throws<FormatException>(() => new DistinctSketch().Add([1, 0, 0, 99]));
        new DistinctSketch().Add([1, 0, 0, 3]);
    }

    private static DistinctSketch Of(int first, int count)
    {
        DistinctSketch sketch = new();
        for (int i = first; i < first + count; i++) sketch.Add((ulong)i * 0x9E3779B97F4A7C15);
        return sketch;
    }
}
