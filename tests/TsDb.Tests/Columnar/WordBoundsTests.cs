using CsCheck;
using TsDb.Columnar;

namespace TsDb.Tests.Columnar;

public sealed class WordBoundsTests
{
    [Fact]
    public void Bounds_are_the_least_and_the_greatest_wherever_they_stand()
    {
        Gen<long> word = Gen.OneOf(
            Gen.Long, Gen.Long[-3, 3], Gen.Const(long.MinValue), Gen.Const(long.MaxValue));
        word.Array[0, 40].Sample(words =>
            WordBounds.Of(words) == (words.Length == 0 ? (0, 0) : (words.Min(), words.Max())));
    }
}
