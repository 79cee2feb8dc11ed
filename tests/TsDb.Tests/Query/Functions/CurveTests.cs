using CsCheck;
using TsDb.Model;
using TsDb.Query.Functions;

namespace TsDb.Tests.Query.Functions;

public sealed class CurveTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_counter_that_falls_began_anew()
    {
        Curve curve = Of("a", (0, 10), (1, 14), (2, 2), (4, 6));
        Assert.Equal(10, curve.Answer(CurveQuestion.Increase));
        Assert.Equal(2.5, curve.Answer(CurveQuestion.Rate));
        Assert.Equal(-4, curve.Answer(CurveQuestion.Delta));
        Assert.Equal(-1, curve.Answer(CurveQuestion.Derivative));
        Assert.Equal(12 + 8 + 8, curve.Answer(CurveQuestion.Integral));
        Assert.Equal(28 / 4.0, curve.Answer(CurveQuestion.LinearAverage));
        Assert.Equal((10 + 14 + 2 + 2) / 4.0, curve.Answer(CurveQuestion.StepAverage));
    }

    [Fact]
    public void One_point_tells_its_value_and_no_change()
    {
        Curve curve = Of("a", (0, 10));
        Assert.Null(curve.Answer(CurveQuestion.Increase));
        Assert.Null(curve.Answer(CurveQuestion.Integral));
        Assert.Equal(10, curve.Answer(CurveQuestion.LinearAverage));
        Assert.Null(new Curve().Answer(CurveQuestion.LinearAverage));
    }

    // A node has any of the days, and between them lie days of others.
    [Fact]
    public void Parts_joined_are_the_whole() => Gen.Select(
        Gen.Int[-50, 50].Array[1, 40], Gen.Int[1, 5], Gen.Int[0, 1_000]).Sample((values, parts, seed) =>
    {
        Curve whole = new();
        Curve[] cut = [.. Enumerable.Range(0, parts).Select(_ => new Curve())];
        Random random = new(seed);
        int[] nodeOfDay = [.. values.Append(0).Append(0).Select(_ => random.Next(parts))];
        foreach (int i in Enumerable.Range(0, values.Length).OrderBy(_ => random.Next()))
        {
            long time = (i - 7) * 5 * 3_600 * Second;
            whole.Add("s", time, values[i]);
            cut[nodeOfDay[Day.Of(time).Number + 2]].Add("s", time, values[i]);
        }

        Curve joined = new();
        foreach (Curve part in cut.OrderBy(_ => random.Next())) joined.Add(part.ToBytes());
        foreach (CurveQuestion question in Enum.GetValues<CurveQuestion>())
            Assert.Equal(whole.Answer(question) ?? double.NaN, joined.Answer(question) ?? double.NaN, 1e-9);
    }, iter: 200);

    private static Curve Of(string series, params (long Seconds, double Value)[] points)
    {
        Curve curve = new();
        foreach ((long seconds, double value) in points.Reverse()) curve.Add(series, seconds * Second, value);
        return curve;
    }
}
