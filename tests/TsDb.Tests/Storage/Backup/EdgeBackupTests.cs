using TsDb.Model;
using TsDb.Simulation.Disk;
using TsDb.Storage;
using TsDb.Storage.Backup;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage.Backup;

/// <summary>An edge's backup: what is in it, what becomes of it, and what is refused.</summary>
public sealed class EdgeBackupTests
{
    private static readonly Dictionary<string, BackupFile> Nothing = [];

    private readonly StoreWorld _world = new(3);
    private readonly FaultyDisk _folder = new(4);
    private readonly List<ModelPoint> _written = [];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_edge_has_every_point_from_before_the_backup_and_another_incarnation()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 300);
        Seal(store);
        await WriteAsync(store, 100);
        string then = StoreWorld.Expected(_written);
        await BackUpAsync(store, between: async () =>
        {
            await WriteAsync(store, 50);
            Seal(store);
        });

        _world.Disk.PutBack(new Dictionary<string, byte[]>());
        Incarnation before = store.Incarnation;
        Restoration.Run(_folder, _world.Disk, _world.NewId);
        await using EdgeStore again = _world.Open();
        Assert.Equal(then, _world.ReadAll(again));
        Assert.NotEqual(before, again.Incarnation);
        Assert.Equal(store.Id, again.Id);
        await WriteAsync(again, 10);
    }

    [Fact]
    public async Task Files_that_are_there_are_not_sent_again_and_those_that_are_no_more_go()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 200);
        BackupManifest first = await BackUpAsync(store);
        await WriteAsync(store, 5);
        IReadOnlyDictionary<string, BackupFile> known = BackupFolder.Open(_folder).Present();
        Assert.NotEmpty(known);
        using (MemoryStream sent = new())
        {
            Seal(store);
            using BackupImage image = EdgeImage.Take(store, _world.Disk, _world.NewId);
            BackupManifest all = await BackupTransfer.SendAsync(image, known, sent, _world.Clock, Ct);
            Assert.True(sent.Length < all.Bytes, $"{sent.Length} bytes for a backup of {all.Bytes}");
        }

        BackupManifest second = await BackUpAsync(store);
        Assert.True(second.Files.Length > first.Files.Length);
        Assert.Equal(
            second.Files.Select(BackupFolder.PlaceOf).Append(BackupManifest.FileName).Order(),
            _folder.List("").Order());
        await AssertRestoresAsync(StoreWorld.Expected(_written));
    }

    [Fact]
    public async Task A_damaged_or_missing_file_is_refused_with_its_name_and_nothing_is_restored()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 100);
        await BackUpAsync(store);
        IReadOnlyDictionary<string, byte[]> whole = _folder.Backup();
        foreach (string place in whole.Keys.Where(path => path != BackupManifest.FileName))
        {
            foreach (bool isGone in (bool[])[true, false])
            {
                Dictionary<string, byte[]> broken = new(whole) { [place] = [.. whole[place]] };
                broken[place][whole[place].Length / 2] ^= 0x10;
                if (isGone) broken.Remove(place);
                _folder.PutBack(broken);
                FaultyDisk target = new(1);
                TsDbException refused = Assert.Throws<TsDbException>(
                    () => Restoration.Run(_folder, target, _world.NewId));
                Assert.Equal(ErrorKind.Corrupt, refused.Kind);
                Assert.Contains(place, refused.Message, StringComparison.Ordinal);
                Assert.Empty(target.List(""));
                Assert.Single(Restoration.Damages(_folder, BackupFolder.Open(_folder).Manifest!));
            }
        }

        // The next backup mends it.
        await BackUpAsync(store);
        await AssertRestoresAsync(StoreWorld.Expected(_written));
    }

    [Fact]
    public async Task A_directory_with_anything_in_it_is_left_alone()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 10);
        await BackUpAsync(store);
        IReadOnlyDictionary<string, byte[]> before = _world.Disk.Backup();
        TsDbException refused = Assert.Throws<TsDbException>(
            () => Restoration.Run(_folder, _world.Disk, _world.NewId));
        Assert.Equal(ErrorKind.Conflict, refused.Kind);
        Assert.Equal(before, _world.Disk.Backup());
        Assert.Equal(
            ErrorKind.Conflict, Assert.Throws<TsDbException>(() => BackupFolder.Open(_world.Disk)).Kind);
    }

    [Fact]
    public async Task Wherever_a_backup_breaks_off_the_one_before_or_the_new_one_is_whole()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 60);
        await BackUpAsync(store);
        string before = StoreWorld.Expected(_written);
        await WriteAsync(store, 60);
        string after = StoreWorld.Expected(_written);
        IReadOnlyDictionary<string, byte[]> first = _folder.Backup();
        int start = _folder.Calls;
        await BackUpAsync(store);
        int calls = _folder.Calls - start;
        Assert.True(calls > 10, $"{calls} calls");
        for (int at = 1; at <= calls; at++)
        {
            _folder.PutBack(first);
            _folder.CrashAtCall = _folder.Calls + at;
            await Assert.ThrowsAsync<SimulatedCrashException>(() => BackUpAsync(store));
            _folder.Restart();
            FaultyDisk target = new(at);
            Restoration.Run(_folder, target, _world.NewId);
            string found = await ReadAsync(target);
            Assert.True(found == before || found == after, $"call {at}");

            // And what has come need not come again.
            await BackUpAsync(store);
            await AssertRestoresAsync(after);
        }
    }

    [Fact]
    public async Task A_stream_that_ends_early_or_lies_changes_nothing()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 60);
        await BackUpAsync(store);
        string then = StoreWorld.Expected(_written);
        await WriteAsync(store, 60);
        Seal(store);
        using MemoryStream sent = new();
        using (BackupImage image = EdgeImage.Take(store, _world.Disk, _world.NewId))
            await BackupTransfer.SendAsync(image, Nothing, sent, _world.Clock, Ct);
        byte[] bytes = sent.ToArray();
        for (int length = 0; length < bytes.Length; length += 97)
        {
            TsDbException failed = await Assert.ThrowsAsync<TsDbException>(() => BackupTransfer.ReceiveAsync(
                new MemoryStream(bytes, 0, length), BackupFolder.Open(_folder), Ct));
            Assert.Equal(ErrorKind.Unavailable, failed.Kind);
        }

        await AssertRestoresAsync(then);
    }

    [Fact]
    public async Task A_segment_that_is_damaged_at_the_edge_is_named_and_the_rest_is_saved()
    {
        await using EdgeStore store = _world.Open();
        await WriteAsync(store, 60);
        Seal(store);
        string lost = store.Catalog.Segments.Keys.First();
        _world.Disk.Delete(lost);
        BackupManifest manifest = await BackUpAsync(store);
        Assert.Equal([lost], manifest.Gaps.Select(gap => gap.Path));
        FaultyDisk target = new(1);
        Restoration.Run(_folder, target, _world.NewId);
        await using EdgeStore again = Open(target);
        Assert.Equal([lost], again.SetAside.Select(aside => aside.Segment.Name));
    }

    private async Task WriteAsync(EdgeStore store, int count)
    {
        List<ModelPoint> points = _world.RandomPoints(count);
        Task<CommitOutcome> done = store.CommitAsync(StoreWorld.Request(store, points), Ct);
        store.RunUntilIdle();
        Assert.Equal(CommitOutcome.Committed, await done);
        _written.AddRange(points);
    }

    private static void Seal(EdgeStore store)
    {
        Task flushed = store.FlushAsync(Ct);
        store.RunUntilIdle();
        Assert.True(flushed.IsCompletedSuccessfully);
    }

    private async Task<BackupManifest> BackUpAsync(EdgeStore store, Func<Task>? between = null)
    {
        Seal(store);
        using MemoryStream stream = new();
        BackupFolder folder = BackupFolder.Open(_folder);
        using (BackupImage image = EdgeImage.Take(store, _world.Disk, _world.NewId))
        {
            if (between is not null) await between();
            await BackupTransfer.SendAsync(image, folder.Present(), stream, _world.Clock, Ct);
        }

        stream.Position = 0;
        return await BackupTransfer.ReceiveAsync(stream, folder, Ct);
    }

    private async Task AssertRestoresAsync(string expected)
    {
        FaultyDisk target = new(1);
        Restoration.Run(_folder, target, _world.NewId);
        Assert.Equal(expected, await ReadAsync(target));
    }

    private async Task<string> ReadAsync(FaultyDisk disk)
    {
        StoreWorld other = new(5, disk);
        await using EdgeStore store = other.Open();
        return other.ReadAll(store);
    }

    private static EdgeStore Open(FaultyDisk disk) => new StoreWorld(5, disk).Open();
}
