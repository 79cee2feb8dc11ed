using TsDb.Query.Direct;

namespace TsDb.Tests.Query.Direct;

/// <summary>Groups come into order by their numbers, and by what is asked where these do not tell.</summary>
public sealed class GroupOrderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1_200)]
    public void Groups_come_into_the_order_that_comparing_them_gives(int count)
    {
        Random chance = new(count);
        for (int few = 1; few <= 1_000; few *= 10)
        {
            (ulong First, ulong Second, int Last)[] groups =
            [
                .. Enumerable.Range(0, count).Select(i =>
                    ((ulong)chance.Next(few) << 40, (ulong)chance.Next(few), (i * 7) % Math.Max(1, count))),
            ];
            int asked = 0;
            int Compare(int one, int other)
            {
                asked++;
                return groups[one].CompareTo(groups[other]);
            }

            ulong[] first = [.. groups.Select(group => group.First)];
            ulong[] second = [.. groups.Select(group => group.Second)];
            int[] expected = [.. Enumerable.Range(0, count).OrderBy(group => groups[group])];
            Assert.Equal(expected, GroupOrder.Sort(first, [], Compare));
            asked = 0;
            Assert.Equal(expected, GroupOrder.Sort(first, second, Compare));
            Assert.True(few < 1_000 || asked <= count, $"asked {asked} times of {count}");
        }
    }
}
