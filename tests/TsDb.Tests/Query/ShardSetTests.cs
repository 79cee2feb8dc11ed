using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Tests.Query;

public sealed class ShardSetTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1_000)]
    public void It_has_what_it_was_made_of_and_nothing_else(int shardCount)
    {
        Random random = new(shardCount);
        HashSet<ShardId> some = [.. Enumerable.Range(0, shardCount).Where(_ => random.Next(2) == 0)
            .Select(number => new ShardId(number))];
        ShardSet set = ShardSet.Of([.. some], shardCount);
        for (int number = 0; number < shardCount + 100; number++)
            Assert.Equal(some.Contains(new ShardId(number)), set.Contains(new ShardId(number)));
    }

    [Fact]
    public void A_number_that_is_no_shards_is_left_out()
    {
        ShardSet set = ShardSet.Of(
            [new(-1), new(3), new(10), new(63), new(64), new(int.MaxValue), new(int.MinValue)],
            shardCount: 10);
        Assert.All(
            Enumerable.Range(-70, 200).Append(int.MaxValue).Append(int.MinValue),
            number => Assert.Equal(number == 3, set.Contains(new ShardId(number))));
        Assert.False(ShardSet.None.Contains(new ShardId(0)));
    }
}
