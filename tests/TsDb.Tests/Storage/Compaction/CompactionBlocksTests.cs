using CsCheck;
using TsDb.Model;
using TsDb.Storage.Compaction;

namespace TsDb.Tests.Storage.Compaction;

/// <summary>Files of any two replicas are disjoint or nested, and few in the end.</summary>
public sealed class CompactionBlocksTests
{
    private static readonly CompactionLimits Limits = new();

    [Fact]
    public void Replicas_that_hear_in_different_order_make_files_that_are_disjoint_or_nested() =>
        Gen.Select(Gen.Int, Gen.Int[2, 600]).Sample((seed, last) =>
        {
            Random random = new(seed);
            List<OrdinalRange> made = [];
            for (int replica = 0; replica < 2; replica++)
            {
                List<RunExtent> runs = [];
                int[] order = [.. Enumerable.Range(1, last)];
                if (replica == 1) random.Shuffle(order);
                foreach (int ordinal in order)
                {
                    runs.Add(Of(ordinal, ordinal, 100));
                    runs.Sort((a, b) => a.Ordinals.First.CompareTo(b.Ordinals.First));
                    if (random.Next(4) == 0) Compact(runs, made, isClosed: random.Next(10) == 0);
                }

                Compact(runs, made, isClosed: true);
                Assert.Equal(last, runs.Sum(run => run.Ordinals.Count));
                Assert.InRange(runs.Count, 1, 6);
            }

            foreach (OrdinalRange a in made)
            {
                foreach (OrdinalRange b in made)
                {
                    bool isApart = a.Last.CompareTo(b.First) < 0 || b.Last.CompareTo(a.First) < 0;
                    Assert.True(isApart || a.Contains(b) || b.Contains(a), $"{a} and {b}");
                }
            }
        }, iter: 150);

    [Fact]
    public void A_day_that_is_over_ends_as_few_files()
    {
        List<RunExtent> runs = [.. Enumerable.Range(1, 125).Select(n => Of(n, n, 100))];
        List<OrdinalRange> made = [];
        Compact(runs, made, isClosed: true);
        Assert.Equal([64, 56, 5], runs.Select(run => run.Ordinals.Count));
        Assert.Equal(3, made.Count);
    }

    [Fact]
    public void A_gap_waits_and_limits_hold()
    {
        RunExtent[] gap = [.. Enumerable.Range(1, 8).Where(n => n != 5).Select(n => Of(n, n, 100))];
        Assert.Null(CompactionBlocks.Find(gap, Limits, isClosed: false));
        RunExtent[] whole = [.. Enumerable.Range(1, 9).Select(n => Of(n, n, 100))];
        Assert.Equal(0..8, CompactionBlocks.Find(whole, Limits, isClosed: false));
        Assert.Equal(0..5, CompactionBlocks.Find(whole[..5], Limits, isClosed: true));
        Assert.Null(CompactionBlocks.Find(whole, Limits with { InputBytesMax = 700 }, isClosed: false));
        RunExtent[] late = [Of(1, 5, 1_000_000), Of(6, 6, 100)];
        Assert.Null(CompactionBlocks.Find(late, Limits, isClosed: true));
    }

    private static void Compact(List<RunExtent> runs, List<OrdinalRange> made, bool isClosed)
    {
        while (CompactionBlocks.Find(runs, Limits, isClosed) is { } found)
        {
            (int start, int count) = found.GetOffsetAndLength(runs.Count);
            RunExtent run = Of(
                runs[start].Ordinals.First.Value,
                runs[start + count - 1].Ordinals.Last.Value,
                runs.Skip(start).Take(count).Sum(r => r.BytesLength));
            runs.RemoveRange(start, count);
            runs.Insert(start, run);
            made.Add(run.Ordinals);
        }
    }

    private static RunExtent Of(long first, long last, long bytes) =>
        new(new OrdinalRange(new Ordinal(first), new Ordinal(last)), bytes, bytes / 10);
}
