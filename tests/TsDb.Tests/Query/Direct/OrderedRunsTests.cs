using TsDb.Query.Direct;

namespace TsDb.Tests.Query.Direct;

/// <summary>What came in parts that are in order is in order as a whole.</summary>
public sealed class OrderedRunsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(500)]
    public void Parts_of_any_number_and_length_come_into_order(int parts)
    {
        Random chance = new(parts);
        for (int round = 0; round < 50; round++)
        {
            List<int> items = [];
            for (int part = 0; part < parts; part++)
            {
                items.AddRange(Enumerable.Range(0, chance.Next(20))
                    .Select(_ => chance.Next(round < 25 ? 5 : 1_000)).Order());
            }

            int[] sorted = OrderedRuns.Sort([.. items], (one, other) => one.CompareTo(other));
            Assert.Equal(items.Order(), sorted);
        }
    }

    [Fact]
    public void What_is_equal_keeps_its_order_and_parts_are_not_compared_more_often_than_merging_takes()
    {
        // Three parts of which the tens count: each of the thirty is compared once to find the parts, and at
        // most once in each of two passes.
        int[] items = [.. Enumerable.Range(0, 3).SelectMany(part =>
            Enumerable.Range(0, 10).Select(i => (i * 10) + part))];
        int compared = 0;
        int[] sorted = OrderedRuns.Sort([.. items], (one, other) =>
        {
            compared++;
            return (one / 10).CompareTo(other / 10);
        });
        Assert.Equal(
            Enumerable.Range(0, 10).SelectMany(i => new[] { i * 10, (i * 10) + 1, (i * 10) + 2 }), sorted);
        Assert.InRange(compared, 30, 90);
    }
}
