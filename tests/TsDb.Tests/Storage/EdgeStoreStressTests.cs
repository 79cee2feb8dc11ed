using Microsoft.Extensions.Logging.Abstractions;
using TsDb.Adapters.Disk;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Tests.Columnar;

namespace TsDb.Tests.Storage;

/// <summary>
/// The store with its own threads on the real disk: writers, seals and readers at the same time.
/// </summary>
public sealed class EdgeStoreStressTests : IDisposable
{
    private const int Writers = 6;
    private const int RequestsPerWriter = 60;
    private const int PointsPerRequest = 25;

    private readonly string _root = Directory.CreateTempSubdirectory("tsdb-stress-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Readers_never_see_a_row_twice_or_miss_one_while_seals_run()
    {
        using DataDirectory disk = DataDirectory.Open(_root);
        await using EdgeStore store = Open(disk);
        using CancellationTokenSource end = new();
        Task<long> reading = Task.Run(() => ReadUntil(store, end.Token));
        await Task.WhenAll(
            Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Write(store, writer))));
        await end.CancelAsync();
        Assert.InRange(await reading, 1, long.MaxValue);
        Assert.Equal(Writers * RequestsPerWriter * PointsPerRequest, Count(store));
        await store.FlushAsync(CancellationToken.None);
        Assert.Equal(0, store.Stats.BufferRows);
        Assert.Equal(0, store.Stats.BufferBytes);
        Assert.Equal(0, store.Stats.LogBytes);
        Assert.Equal(Writers * RequestsPerWriter * PointsPerRequest, Count(store));
        Assert.Equal(Writers * RequestsPerWriter * PointsPerRequest, store.Stats.RowsAccepted);
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        using DataDirectory disk = DataDirectory.Open(_root);
        EdgeStore store = Open(disk);
        await Task.WhenAll(
            Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Write(store, writer))));
        await store.DisposeAsync();
        await using EdgeStore again = Open(disk);
        Assert.Equal(Writers * RequestsPerWriter * PointsPerRequest, Count(again));
    }

    private static EdgeStore Open(DataDirectory disk) => EdgeStore.Open(
        disk,
        new EdgeStoreOptions { SealBytes = 200_000, SealAge = TimeSpan.FromMilliseconds(
            200), LogFileBytes = 100_000 },
        new StoreEnvironment(TimeProvider.System, Guid.CreateVersion7, NullLoggerFactory.Instance));

    private static async Task Write(EdgeStore store, int writer)
    {
        for (int request = 0; request < RequestsPerWriter; request++)
        {
            List<ModelPoint> points = [
                .. Enumerable.Range(0, PointsPerRequest).Select(point => new ModelPoint(
                new Dictionary<string, string> { ["writer"] = "w" + writer },
                (request * PointsPerRequest) + point,
                new Dictionary<string, object> { ["i"] = (long)request }))];
            WriteRequest write = new([ModelBatches.Build(points, ("i", FieldType.Int64))], store.Schemas);
            Assert.Equal(CommitOutcome.Committed, await store.CommitAsync(write, CancellationToken.None));
        }
    }

    // Rows of one request become visible together, so a count is always a multiple and never falls.
    private static long ReadUntil(EdgeStore store, CancellationToken end)
    {
        long reads = 0;
        long last = 0;
        while (!end.IsCancellationRequested)
        {
            long count = Count(store);
            Assert.Equal(0, count % PointsPerRequest);
            Assert.InRange(count, last, long.MaxValue);
            (last, reads) = (count, reads + 1);
        }

        return reads;
    }

    private static long Count(EdgeStore store)
    {
        using StoreLease lease = store.Acquire();
        if (lease.Version.Find(ModelBatches.Table) is not { } table) return 0;
        long rows = 0;
        foreach (SegmentRef segment in table.Segments)
        {
            using FileStream file = File.OpenRead(segment.Path);
            using SegmentReader reader = SegmentReader.Open(file, segment.Path);
            rows += reader.Read().RowCount;
        }

        return rows + (table.Hot?.Batches.Sum(batch => (long)batch.RowCount) ?? 0);
    }
}
