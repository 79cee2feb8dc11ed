using TsDb.Adapters.Mqtt.Fresh;

namespace TsDb.Tests.Adapters.Mqtt.Fresh;

/// <summary>Parts grow where they pass quickly and shrink where they do not.</summary>
public sealed class ReplyPaceTests
{
    private const int Most = 200_000;

    [Fact]
    public void Quick_parts_grow_up_to_the_largest() => Assert.Equal(
        [16 << 10, 64 << 10, Most, Most], Sizes(Most, seconds: 0.01));

    [Fact]
    public void Slow_parts_shrink_down_to_the_least() => Assert.Equal(
        [16 << 10, 8 << 10, 4 << 10, 4 << 10], Sizes(Most, seconds: 5));

    [Fact]
    public void What_takes_a_second_or_two_stays() => Assert.Equal(
        [16 << 10, 16 << 10, 16 << 10, 16 << 10], Sizes(Most, seconds: 2));

    [Theory]
    [InlineData(0.01)]
    [InlineData(2)]
    [InlineData(5)]
    public void No_part_is_longer_than_the_broker_takes(double seconds) => Assert.Equal(
        [1_000, 1_000, 1_000, 1_000], Sizes(1_000, seconds));

    [Fact]
    public void The_largest_there_is_does_not_overflow() => Assert.Equal(
        int.MaxValue, Sizes(int.MaxValue, seconds: 0, parts: 12)[^1]);

    private static int[] Sizes(int most, double seconds, int parts = 4)
    {
        ReplyPace pace = new(most);
        int[] sizes = new int[parts];
        for (int i = 0; i < parts; i++)
        {
            sizes[i] = pace.Bytes;
            pace.Took(TimeSpan.FromSeconds(seconds));
        }

        return sizes;
    }
}
