using System.Text;
using CsCheck;
using TsDb.Columnar.Building;

namespace TsDb.Tests.Columnar.Building;

public sealed class ByteKeyMapTests
{
    [Fact]
    public void It_numbers_keys_as_a_dictionary_would_also_after_the_newest_were_taken_out() =>
        Gen.Select(Gen.Int[0, 400].Array[0, 600], Gen.Int[0, 300]).Sample((numbers, kept) =>
        {
            using ByteKeyMap map = new(seed: 3);
            Dictionary<string, int> model = [];
            Fill(map, model, numbers);
            map.Truncate(Math.Min(kept, map.Count));
            foreach (string gone in model.Where(key => key.Value >= kept).Select(key => key.Key).ToArray())
                model.Remove(gone);
            Fill(map, model, numbers.Reverse());
            Assert.Equal(model.Count, map.Count);
            foreach ((string key, int number) in model)
            {
                Assert.Equal(number, map.Find(Encoding.UTF8.GetBytes(key), out _));
                Assert.Equal(key, Encoding.UTF8.GetString(map[number]));
            }
        });

    private static void Fill(ByteKeyMap map, Dictionary<string, int> model, IEnumerable<int> numbers)
    {
        foreach (int number in numbers)
        {
            string key = new string('k', number % 50) + number;
            int found = map.Find(Encoding.UTF8.GetBytes(key), out ulong hash);
            Assert.Equal(model.GetValueOrDefault(key, -1), found);
            if (found < 0) model[key] = map.Add(Encoding.UTF8.GetBytes(key), hash);
        }
    }
}
