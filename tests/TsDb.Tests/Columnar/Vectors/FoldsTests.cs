using CsCheck;
using TsDb.Columnar.Vectors;

namespace TsDb.Tests.Columnar.Vectors;

public sealed class FoldsTests
{
    [Fact]
    public void Vectors_of_integers_fold_like_scalars() =>
        Gen.Select(Gen.Short.Array[1, 200], Gen.Int.Array[1, 200], Gen.Long.Array[1, 200]).Sample((s, i, l) =>
        {
            Assert.Equal(s.Max(), Folds.Max<short>(s));
            Assert.Equal(s.Min(), Folds.Min<short>(s));
            Assert.Equal(s.Sum(value => (long)value), Folds.Sum(s));
            Assert.Equal(i.Max(), Folds.Max<int>(i));
            Assert.Equal(i.Min(), Folds.Min<int>(i));
            Assert.Equal(i.Sum(value => (long)value), Folds.Sum(i));
            Assert.Equal(l.Max(), Folds.Max<long>(l));
            Assert.Equal(l.Min(), Folds.Min<long>(l));
        });

    [Fact]
    public void Vectors_of_doubles_fold_like_scalars_and_nan_is_the_greatest() =>
        GenPoints.Double.Array[1, 100].Sample(values =>
        {
            double[] numbers = [.. values.Where(value => !double.IsNaN(value))];
            double max = numbers.Length < values.Length ? double.NaN : numbers.Max();
            double min = numbers.Length == 0 ? double.NaN : numbers.Min();
            Assert.Equal(max, Folds.Max<double>(values));
            Assert.Equal(min, Folds.Min<double>(values));
        });

    [Fact]
    public void The_extremes_of_narrow_sums_do_not_overflow()
    {
        short[] shorts = [.. Enumerable.Repeat(short.MinValue, 1_001)];
        int[] ints = [.. Enumerable.Repeat(int.MaxValue, 1_001)];
        Assert.Equal(1_001L * short.MinValue, Folds.Sum(shorts));
        Assert.Equal(1_001L * int.MaxValue, Folds.Sum(ints));
    }
}
