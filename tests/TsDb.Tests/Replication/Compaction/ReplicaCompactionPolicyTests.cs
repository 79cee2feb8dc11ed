using System.Globalization;
using TsDb.Model;
using TsDb.Replication.Compaction;
using TsDb.Replication.Receiving;
using TsDb.Storage.Compaction;
using TsDb.Tests.Replication.Receiving;

namespace TsDb.Tests.Replication.Compaction;

public sealed class ReplicaCompactionPolicyTests
{
    private static readonly CompactionLimits Limits = new() { OrdinalsMax = LeafRun.LeavesMax };

    [Theory]
    [InlineData("1-8", false, null)]
    [InlineData("1-9", false, "1..8")]
    [InlineData("1-8", true, "1..8")]
    [InlineData("1-3 5-9", false, null)]
    [InlineData("2-9", true, null)]
    [InlineData("1-8 9-12", true, "1..8")]
    [InlineData("1..8 9-12", true, "9..12")]
    [InlineData("1..8 9..16 17..24 25..32 33..40 41..48 49..56 57..64 65", false, "1..64")]
    [InlineData("1..8 9..16 18..24", true, null)]
    [InlineData("5", true, null)]
    [InlineData("1-9 4x", true, null)]
    [InlineData("1..8 4x 9-12", true, null)]
    public void A_block_is_taken_when_it_is_there(string files, bool isClosed, string? taken)
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddDays(isClosed ? 17_002 : 17_000.5);
        ReplicaCompactionPlan? plan = ReplicaCompactionPolicy.Decide(CellOf(files), Limits, now);
        Assert.Equal(taken, plan is null
            ? null : $"{plan.Facts.Ordinals.First.Value}..{plan.Facts.Ordinals.Last.Value}");
    }

    [Fact]
    public void A_file_never_stands_for_more_leaves_than_can_be_told()
    {
        CellLeaves cell = CellOf(string.Join(' ', Enumerable.Range(0, 8).Select(i =>
            string.Create(CultureInfo.InvariantCulture, $"{(512 * i) + 1}..{512 * (i + 1)}"))));
        Assert.Null(ReplicaCompactionPolicy.Decide(cell, Limits, DateTimeOffset.UnixEpoch.AddDays(17_002)));
        Assert.Throws<TsDbException>(() => new LeafRun(default, Ordinal.First, [.. new ContentHash[513]]));
    }

    [Fact]
    public void What_is_more_than_may_be_read_at_a_time_is_left()
    {
        CompactionLimits small = Limits with { InputBytesMax = 799 };
        DateTimeOffset over = DateTimeOffset.UnixEpoch.AddDays(17_002);
        Assert.Null(ReplicaCompactionPolicy.Decide(CellOf("1-8"), small, over));
        Assert.NotNull(ReplicaCompactionPolicy.Decide(
            CellOf("1-8"), small with { InputBytesMax = 800 }, over));
    }

    [Fact]
    public void A_second_cut_of_a_number_inside_a_merged_file_is_newer_than_the_file()
    {
        CellLeaves cell = CellOf("1..8 4x 9");
        Assert.Equal(["1..8", "4..4", "9..9"], cell.Files.OrderBy(cell.RankOf).Select(
            file => $"{file.First.Value}..{file.Last.Value}"));
        Leaf first = cell.Files[0].LeafAt(3);
        Assert.True(cell.IsForked(first));
        Assert.Same(cell.Files[0], cell.Find(first));
        Leaf second = cell.Files.Single(file => file.First.Value == 4).LeafAt(0);
        Assert.Equal(second, cell.Find(second)!.LeafAt(0));
        Assert.False(cell.IsForked(cell.Files[0].LeafAt(4)));
        Assert.Equal(10, cell.Digest.Count);
        Assert.Equal(new Ordinal(9), cell.Last(Shipments.First));
    }

    private static CellLeaves CellOf(string files)
    {
        List<StoredFile> stored = [];
        foreach (string part in files.Split(' '))
        {
            string[] ends = part.TrimEnd('x').Split("..");
            if (ends.Length == 2) stored.Add(File(Number(ends[0]), Number(ends[1]), "run"));
            else if (part.EndsWith('x')) stored.Add(File(Number(ends[0]), Number(ends[0]), "second"));
            else
            {
                string[] singles = part.Split('-');
                for (long i = Number(singles[0]); i <= Number(singles[^1]); i++)
                    stored.Add(File(i, i, "first"));
            }
        }

        return CellLeaves.Empty(Shipments.Cell()).With(stored);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static StoredFile File(long first, long last, string content)
    {
        ContentHash[] leaves = [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => Hash(
            string.Create(CultureInfo.InvariantCulture, $"{content} {first + i}")))];
        ContentHash file = leaves.Length == 1 ? leaves[0] : Hash($"{first} {last}");
        SegmentManifest manifest = Shipments.Make(1, rows: 1).Manifest;
        return new StoredFile(
            Shipments.Cell(), Shipments.First, new LeafRun(file, new Ordinal(first), [.. leaves]),
            ColumnSet.Of(manifest), new FileExtent(100, 1, 1, manifest.Range));
    }

    private static ContentHash Hash(string text) => ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(text));
}
