using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Replication.Serving;
using TsDb.Storage;
using TsDb.Storage.Backup;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Scrubbing;
using TsDb.Tests.Columnar;
using TsDb.Tests.Query;

namespace TsDb.Tests.Storage.Scrubbing;

/// <summary>Segments of an edge that are not what they should be, whatever is wrong with them.</summary>
public sealed class SegmentScrubTests
{
    private readonly StoreWorld _world = new(3);
    private readonly List<ModelPoint> _written = [];

    /// <summary>What befalls a file, and what is told of it.</summary>
    public static TheoryData<string, string> Damages => new()
    {
        { "flip", "its SHA-256 is " },
        { "cut", "it has 20 bytes instead of " },
        { "grow", "bytes instead of " },
        { "delete", "its file is missing" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_damaged_segment_is_set_aside_over_starts_until_whole_bytes_are_in_its_place(
        string damage, string reason)
    {
        EdgeStore store = await SealedAsync();
        string whole = _world.ReadAll(store);
        StoredSegment segment = store.Catalog.Segments.Values.First();
        byte[] bytes = _world.ReadFile(segment.Name);
        Assert.All(store.Catalog.Segments.Values, each => Assert.True(Scrub(store).Check(each)));
        Damage(segment.Name, bytes, damage);
        Assert.False(Scrub(store).CheckForNews(segment));
        Assert.Contains(reason, Assert.Single(store.SetAside).Reason, StringComparison.Ordinal);
        Assert.NotEqual(whole, _world.ReadAll(store));
        Assert.False(Scrub(store).Check(segment));
        Assert.True(Scrub(store).CheckForNews(segment));
        Assert.Contains(reason, Assert.Single(store.SetAside).Reason, StringComparison.Ordinal);
        using (BackupImage image = EdgeImage.Take(store, _world.Disk, _world.NewId))
            Assert.Equal([segment.Name], image.Gaps.Select(gap => gap.Path));

        await store.DisposeAsync();
        store = _world.Open();
        Assert.Equal(segment.Name, Assert.Single(store.SetAside).Segment.Name);
        Assert.Equal(damage != "delete", _world.Disk.Exists(segment.Name + ".damaged"));
        await WriteAsync(store);
        Assert.NotEmpty(store.SetAside);

        Write(segment.Name, bytes);
        Assert.True(Scrub(store).Check(segment));
        Assert.Empty(store.SetAside);
        Assert.Equal(StoreWorld.Expected(_written), _world.ReadAll(store));
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_segment_that_a_query_may_still_read_and_the_catalog_does_not_name_is_not_lost()
    {
        EdgeStore store = await SealedAsync();
        StoredSegment segment = store.Catalog.Segments.Values.First();
        store.ChangeCatalog(_ => new SegmentsExpired([segment.Name]));
        Assert.False(_world.Disk.Exists(segment.Name));
        Assert.True(Scrub(store).Check(segment));
        Assert.Empty(store.SetAside);
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_fresh_question_of_the_cloud_is_told_what_is_set_aside()
    {
        EdgeStore store = await SealedAsync();
        foreach (StoredSegment segment in store.Catalog.Segments.Values)
        {
            _world.Disk.Delete(segment.Name);
            Assert.False(Scrub(store).Check(segment));
        }

        using Partitions engine = new();
        EdgeDesk desk = new(store, engine, _world.Clock);
        FreshQuestion question = new()
        {
            Table = ModelBatches.Table,
            ColumnsHash = 0,
            Fragment = new PlannedFragment
            {
                ResultName = "r",
                Sql = "SELECT i FROM t",
                RelationName = "t",
                Table = new ResolvedTable(ModelBatches.Table, []),
                Scope = ScanScope.All,
            },
        };
        FreshAnswer columns = await desk.AnswerAsync(question, TestContext.Current.CancellationToken);
        FreshAnswer answer = await desk.AnswerAsync(
            question with { ColumnsHash = EdgeColumns.HashOf(columns.Columns!.Value) },
            TestContext.Current.CancellationToken);
        Assert.Equal(
            store.Catalog.Cells.Keys.Select(cell => cell.Day), answer.Incomplete.Select(day => day.Item1));
        Assert.All(answer.Incomplete, day => Assert.Contains(
            "its file is missing", day.Item2, StringComparison.Ordinal));
        await store.DisposeAsync();
    }

    private async Task<EdgeStore> SealedAsync()
    {
        EdgeStore store = _world.Open();
        await WriteAsync(store);
        Task flushed = store.FlushAsync(CancellationToken.None);
        store.RunUntilIdle();
        await flushed;
        Assert.True(store.Catalog.Segments.Count > 1);
        return store;
    }

    private async Task WriteAsync(EdgeStore store)
    {
        List<ModelPoint> points = _world.RandomPoints(20);
        _written.AddRange(points);
        Task<CommitOutcome> commit =
            store.CommitAsync(StoreWorld.Request(store, points), CancellationToken.None);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await commit);
    }

    private SegmentScrub Scrub(EdgeStore store) => new(store, _world.Disk, NullLogger.Instance);

    private void Damage(string name, byte[] bytes, string how)
    {
        if (how == "flip")
        {
            _world.Disk.Damage(name, all => all[all.Length / 2] ^= 1);
            return;
        }

        _world.Disk.Delete(name);
        if (how == "cut") Write(name, bytes[..20]);
        if (how == "grow") Write(name, [.. bytes, 0]);
    }

    private void Write(string name, byte[] bytes)
    {
        _world.Disk.Delete(name);
        using IDiskFile file = _world.Disk.Create(name);
        file.Append(bytes);
        file.Sync();
    }
}
