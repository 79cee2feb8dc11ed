using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Hot;
using TsDb.Storage.Retention;
using TsDb.Storage.Seal;

namespace TsDb.Tests.Storage;

public sealed class PolicyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);
    private static readonly Incarnation One = new(new Guid(1, 0, 0, new byte[8]));

    [Theory]
    [InlineData(0, 0, 0, 100, true, true, "None")]
    [InlineData(1, 10, 1, 0, false, false, "None")]
    [InlineData(1, 1000, 1, 0, false, false, "Bytes")]
    [InlineData(100, 10, 1, 0, false, false, "Rows")]
    [InlineData(1, 10, 5, 0, false, false, "Cells")]
    [InlineData(1, 10, 1, 60, false, false, "Age")]
    [InlineData(1, 10, 1, 59, false, false, "None")]
    [InlineData(1, 10, 1, 0, true, false, "Shortage")]
    [InlineData(1, 10, 1, 0, false, true, "Flush")]
    public void A_seal_begins_at_its_first_limit(
        long rows, long bytes, int cells, int ageSeconds, bool isShort, bool isFlush, string expected)
    {
        EdgeStoreOptions limits = new()
        {
            SealBytes = 1000, SealRows = 100, SealCells = 5, SealAge = TimeSpan.FromSeconds(
                60), MemoryBytesMax = 9000,
        };
        SealNeed need = new(rows, bytes, cells, Noon.AddSeconds(-ageSeconds), isShort, isFlush);
        Assert.Equal(expected, SealPolicy.Decide(need, limits, Noon).ToString());
    }

    [Fact]
    public void A_seal_never_waits_for_more_than_a_quarter_of_the_memory()
    {
        EdgeStoreOptions limits = new() { SealBytes = 1 << 30, MemoryBytesMax = 4000 };
        Assert.Equal(
            SealReason.Bytes, SealPolicy.Decide(new SealNeed(1, 1000, 1, Noon, false, false), limits, Noon));
    }

    [Fact]
    public void Small_neighbours_become_one_and_large_ones_stay()
    {
        Assert.Equal(0, CoalescePolicy.TailLength(7, _ => 1));
        Assert.Equal(8, CoalescePolicy.TailLength(8, _ => 1));
        Assert.Equal(0, CoalescePolicy.TailLength(8, _ => CoalescePolicy.RowsLarge));
        Assert.Equal(0, CoalescePolicy.TailLength(8, at => at == 0 ? 600 : 1));
        Assert.Equal(8, CoalescePolicy.TailLength(9, at => at == 8 ? 600 : 70));
    }

    [Fact]
    public void Nothing_goes_without_a_rule() =>
        Assert.Empty(RetentionPolicy.Decide(State(), RetentionLimits.KeepAll, Noon, long.MaxValue));

    [Fact]
    public void By_age_only_what_the_cloud_holds_goes() =>
        Assert.Equal(["old-durable"], Decide(new RetentionLimits { AgeMax = TimeSpan.FromDays(2) }));

    [Fact]
    public void By_order_of_the_operator_the_rest_goes_too() => Assert.Equal(
        ["old-durable", "old-uncut"],
        Decide(new RetentionLimits { AgeMax = TimeSpan.FromDays(2), DropUnshipped = true }));

    [Fact]
    public void By_size_the_oldest_goes_first_and_only_until_it_fits() =>
        Assert.Equal(["old-durable"], Decide(new RetentionLimits { BytesMax = 350 }));

    [Fact]
    public void By_size_what_is_not_durable_stays_whatever_the_limit() =>
        Assert.Equal(["old-durable", "new-durable"], Decide(new RetentionLimits { BytesMax = 1 }));

    [Fact]
    public void A_full_disk_takes_what_it_needs()
    {
        RetentionLimits limits = new() { DropWhenFull = true };
        Assert.Empty(RetentionPolicy.Decide(State(), limits, Noon, 0));
        Assert.Equal(["old-durable"], RetentionPolicy.Decide(State(), limits, Noon, 60));
    }

    [Fact]
    public void What_is_durable_stays_while_something_older_of_its_cell_is_not()
    {
        (CatalogState state, Leaf first, Leaf second) = TwoOfOneCell();
        RetentionLimits limits = new() { BytesMax = 1 };
        state = state.Apply(new LeafDurable(second, new Epoch(1)));
        Assert.Empty(RetentionPolicy.Decide(state, limits, Noon, 0));
        CatalogState both = state.Apply(new LeafDurable(first, new Epoch(1)));
        Assert.Equal(["first", "second"], RetentionPolicy.Decide(both, limits, Noon, 0));
        Assert.Equal(["first", "second"], RetentionPolicy.Drop(both, limits, ["first", "second"])!.Names);
    }

    [Fact]
    public void A_fork_that_comes_to_light_keeps_what_was_to_be_dropped()
    {
        (CatalogState state, Leaf first, Leaf second) = TwoOfOneCell();
        state = state.Apply(new LeafForked(first)).Apply(new LeafDurable(second, new Epoch(1)));
        Assert.Null(RetentionPolicy.Drop(state, new RetentionLimits { BytesMax = 1 }, ["second"]));
        RetentionLimits loss = new() { BytesMax = 1, DropUnshipped = true };
        Assert.Equal(["second"], RetentionPolicy.Drop(state, loss, ["second", "gone"])!.Names);
    }

    private static (CatalogState State, Leaf First, Leaf Second) TwoOfOneCell()
    {
        CatalogState state = CatalogState.Empty;
        List<Leaf> leaves = [];
        foreach ((string name, int number) in new[] { ("first", 1), ("second", 2) })
        {
            Ordinal ordinal = new(number);
            SegmentManifest manifest = Manifest(5) with { Ordinals = new OrdinalRange(ordinal, ordinal) };
            StoredSegment segment = new(name, 100, manifest, number, false);
            Leaf leaf = new(manifest.Cell, One, ordinal, ContentHash.Of([(byte)number]));
            leaves.Add(leaf);
            state = state.Apply(new SegmentsSealed(new CommitSequence((ulong)number), [segment], []))
                .Apply(new LeafCut(leaf, segment, [name]));
        }

        return (state, leaves[0], leaves[1]);
    }

    [Fact]
    public void A_day_goes_whole_or_in_the_order_in_which_it_was_written()
    {
        // Written later, the first hours' values stand in the file that ends first.
        CatalogState day = OneDay(lastIsDurable: true);
        RetentionLimits age = new() { AgeMax = TimeSpan.FromDays(5) };
        Assert.Empty(RetentionPolicy.Decide(day, age, Noon, 0));
        Assert.Equal(
            ["first", "again"],
            RetentionPolicy.Decide(day, age with { AgeMax = TimeSpan.FromDays(4) }, Noon, 0));
        RetentionLimits size = new() { BytesMax = 150 };
        Assert.Equal(["first", "again"], RetentionPolicy.Decide(day, size, Noon, 0));
        Assert.Equal(["first"], RetentionPolicy.Decide(OneDay(lastIsDurable: false), size, Noon, 0));
        Assert.Empty(RetentionPolicy.Decide(OneDay(lastIsDurable: false), age with
        {
            AgeMax = TimeSpan.FromDays(1),
        }, Noon, 0));
    }

    // Two files of 100 bytes on the 5th, the later of which ends in the morning.
    private static CatalogState OneDay(bool lastIsDurable)
    {
        SegmentManifest whole = Manifest(5);
        Ordinal second = Ordinal.First.Next();
        SegmentManifest morning = whole with
        {
            Ordinals = new OrdinalRange(second, second),
            Range = new TimeRange(whole.Range.StartNanoseconds, whole.Range.StartNanoseconds + 1),
        };
        StoredSegment[] segments =
            [new("first", 100, whole, 1, IsCut: false), new("again", 100, morning, 2, IsCut: false)];
        CatalogState state =
            CatalogState.Empty.Apply(new SegmentsSealed(new CommitSequence(1), [.. segments], []));
        foreach (StoredSegment segment in segments)
        {
            Leaf leaf = new(
                whole.Cell, One, segment.Manifest.Ordinals.First, ContentHash.Of([(byte)segment.Rank]));
            state = state.Apply(new LeafCut(leaf, segment, [segment.Name]));
            if (segment.Rank == 1 || lastIsDurable) state = state.Apply(new LeafDurable(leaf, new Epoch(1)));
        }

        return state;
    }

    private static ImmutableArray<string> Decide(RetentionLimits limits) =>
        RetentionPolicy.Decide(State(), limits, Noon, 0);

    // Four files of 100 bytes: two days old or new, durable or not even cut.
    private static CatalogState State()
    {
        CatalogState state = CatalogState.Empty;
        long rank = 1;
        foreach ((string name, int day, bool isDurable) in new[]
        {
            ("new-uncut", 10, false), (
                "old-durable", 5, true), ("old-uncut", 6, false), ("new-durable", 9, true),
        })
        {
            StoredSegment segment = new(name, 100, Manifest(day), rank++, false);
            state = state.Apply(new SegmentsSealed(new CommitSequence(1), [segment], []));
            if (!isDurable) continue;
            Leaf leaf = new(segment.Manifest.Cell, One, Ordinal.First, ContentHash.Of([(byte)day]));
            state = state.Apply(new LeafCut(leaf, segment, [name]))
                .Apply(new LeafDurable(leaf, new Epoch(1)));
        }

        return state;
    }

    private static SegmentManifest Manifest(int day)
    {
        Day date = Day.Of((
            new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero) - DateTimeOffset.UnixEpoch).Ticks * 100);
        return new SegmentManifest
        {
            Cell = new Cell(new TableId("db", "t"), new EdgeId("E1"), date),
            Incarnation = One,
            Ordinals = new OrdinalRange(Ordinal.First, Ordinal.First),
            Range = date.Range,
            Rows = 1,
            SeriesCount = 1,
            Tags = [],
            Fields = [],
        };
    }
}
