using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Retention;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>What a store near its limit of disk drops, so that writers go on.</summary>
public sealed class EdgeStoreRetentionTests
{
    private const long ReserveBytes = 20_000;

    private readonly StoreWorld _world = new(1);
    private RetentionLimits _limits = new() { DropWhenFull = true };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_larger_than_the_rest_of_the_room_makes_the_oldest_day_go(bool isShipped)
    {
        if (!isShipped) _limits = _limits with { DropUnshipped = true };
        await using EdgeStore store = await OpenWithDays(4, isShipped);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 300;
        Assert.Empty(store.RetentionDue());
        Assert.False(await TryCommit(store, Points(9, 20)));
        Assert.Equal(OldestDay(store), store.RetentionDue());
        Drop(store);
        Assert.True(await TryCommit(store, Points(9, 20)));
        Assert.Equal(3, store.Catalog.Segments.Count);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(store.RetentionDue());
    }

    [Fact]
    public async Task A_small_write_that_fits_does_not_hide_the_large_one_that_waits()
    {
        await using EdgeStore store = await OpenWithDays(4, isShipped: true);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 4_000;
        Assert.False(await TryCommit(store, Points(9, 200)));
        Assert.True(await TryCommit(store, Points(9, 1)));
        Assert.Equal(OldestDay(store), store.RetentionDue());
    }

    [Fact]
    public async Task What_is_not_durable_stays_and_goes_for_the_next_try_once_it_is()
    {
        await using EdgeStore store = await OpenWithDays(2, isShipped: false);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 300;
        Assert.False(await TryCommit(store, Points(9, 20)));
        Assert.Empty(store.RetentionDue());
        _world.Clock.Advance(TimeSpan.FromHours(1));
        MakeDurable(store);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 300;
        Assert.Empty(store.RetentionDue());
        Assert.False(await TryCommit(store, Points(9, 20)));
        Assert.Equal(OldestDay(store), store.RetentionDue());
    }

    [Fact]
    public async Task Nothing_goes_for_a_write_that_would_not_fit_anyway()
    {
        await using EdgeStore store = await OpenWithDays(2, isShipped: true);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 300;
        Assert.False(await TryCommit(store, Points(9, 50_000)));
        Assert.Empty(store.RetentionDue());
    }

    [Fact]
    public async Task Nothing_goes_unless_the_rule_says_so()
    {
        _limits = RetentionLimits.KeepAll;
        await using EdgeStore store = await OpenWithDays(2, isShipped: true);
        _world.Disk.CapacityBytes = _world.Disk.UsedBytes + ReserveBytes + 300;
        Assert.False(await TryCommit(store, Points(9, 20)));
        Assert.Empty(store.RetentionDue());
        _world.Disk.CapacityBytes += 5_000;
        Assert.True(await TryCommit(store, Points(9, 20)));
    }

    private async Task<EdgeStore> OpenWithDays(int days, bool isShipped)
    {
        _world.Options = _world.Options with { DiskReserveBytes = ReserveBytes, Retention = _limits };
        EdgeStore store = _world.Open();
        for (int day = 0; day < days; day++)
        {
            Assert.True(await TryCommit(store, Points(day, 2_000)));
            Task flush = store.FlushAsync(CancellationToken.None);
            store.RunUntilIdle();
            await flush;
        }

        Assert.Equal(days, store.Catalog.Segments.Count);
        if (isShipped) MakeDurable(store);
        return store;
    }

    private static void MakeDurable(EdgeStore store)
    {
        foreach (StoredSegment segment in store.Catalog.Segments.Values.ToArray())
        {
            Leaf leaf = new(
                segment.Manifest.Cell,
                store.Incarnation,
                segment.Manifest.Ordinals.First,
                ContentHash.Of([(byte)segment.Rank]));
            store.ChangeCatalog(_ => new LeafCut(leaf, segment, [segment.Name]));
            store.ChangeCatalog(_ => new LeafDurable(leaf, new Epoch(1)));
        }
    }

    private void Drop(EdgeStore store)
    {
        IReadOnlyList<string> due = store.RetentionDue();
        store.ChangeCatalog(state => RetentionPolicy.Drop(state, _limits, due));
    }

    private static IEnumerable<string> OldestDay(EdgeStore store) =>
        [store.Catalog.Segments.Values.MinBy(segment => segment.Manifest.Range.StartNanoseconds)!.Name];

    private static List<ModelPoint> Points(int day, int count) =>
    [
        .. Enumerable.Range(0, count).Select(at => new ModelPoint(
            new Dictionary<string, string>(),
            (day * Day.NanosecondsLength) + at,
            new Dictionary<string, object> { ["i"] = (long)at })),
    ];

    private static async Task<bool> TryCommit(EdgeStore store, List<ModelPoint> points)
    {
        Task<CommitOutcome> commit =
            store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        if (!commit.IsFaulted) return await commit == CommitOutcome.Committed;
        TsDbException refused = await Assert.ThrowsAsync<TsDbException>(() => commit);
        Assert.Equal(ErrorKind.Unavailable, refused.Kind);
        return false;
    }
}
