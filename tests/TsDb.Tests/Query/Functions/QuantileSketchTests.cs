using CsCheck;
using TsDb.Query.Functions;

namespace TsDb.Tests.Query.Functions;

public sealed class QuantileSketchTests
{
    [Fact]
    public void The_error_of_every_quantile_is_within_the_promise() => Gen.Select(
        Gen.Double[-1e12, 1e12].Array[1, 400], Gen.Double[0, 1]).Sample((values, share) =>
    {
        QuantileSketch sketch = new();
        foreach (double value in values) sketch.Add(value);
        double exact = values.Order().ElementAt((int)Math.Floor(share * (values.Length - 1)));
        double error = Math.Abs(sketch.Quantile(share)!.Value - exact);
        Assert.True(error <= (QuantileSketch.RelativeError * Math.Abs(exact)) + 1e-9);
    }, iter: 200);

    [Fact]
    public void The_order_of_merging_changes_nothing() => Gen.Double.Array[0, 60].Array[1, 5].Sample(parts =>
    {
        QuantileSketch forward = new();
        QuantileSketch backward = new();
        foreach (double[] part in parts) forward.Add(Of(part));
        foreach (double[] part in parts.Reverse()) backward.Add(Of(part).ToBytes());
        Assert.Equal(forward.ToBytes(), backward.ToBytes());
        Assert.Equal(parts.Sum(part => part.Length), forward.Count);
    }, iter: 200);

    [Fact]
    public void Ends_are_ends()
    {
        QuantileSketch sketch = Of([double.NaN, double.PositiveInfinity, 1, 0, -5, double.NegativeInfinity]);
        Assert.Equal(double.NegativeInfinity, sketch.Quantile(0));
        Assert.Equal(-5, sketch.Quantile(0.2)!.Value, 1e-9);
        Assert.Equal(double.NaN, sketch.Quantile(1));
        Assert.Null(new QuantileSketch().Quantile(0.5));
    }

    private static QuantileSketch Of(double[] values)
    {
        QuantileSketch sketch = new();
        foreach (double value in values) sketch.Add(value);
        return sketch;
    }
}
