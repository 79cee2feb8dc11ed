using System.Globalization;
using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;
using TsDb.Storage.Wal;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The catalog on disk. Used by one thread at a time. When a record could not be written, nothing is known of
/// it: the files it names must stay, and before the next record the catalog is rewritten from the state
/// without it. It is made when the directory is founded, so one that is not there was lost.
/// </summary>
internal sealed class CatalogFile : IDisposable
{
    public const string Folder = "catalog";
    private const int ItemsPerRecord = 512;
    private const long RewriteBytesMin = 1L << 20;
    private const int RewriteGrowth = 4;

    private readonly ILogger _log;
    private readonly RecordLog _records;
    private bool _mustRewrite;
    private long _rewriteAtBytes;

    private CatalogFile(RecordLog records, CatalogState state, ILogger log) =>
        (_records, State, _log) = (records, state, log);

    /// <summary>The state after the last record that was written.</summary>
    public CatalogState State { get; private set; }

    /// <summary>
    /// Makes an empty one that survives a loss of power, before the directory gets its identity: one that
    /// has an identity and no catalog has lost it.
    /// </summary>
    public static void Found(IDisk disk, Func<Guid> newId)
    {
        using RecordLog records = RecordLog.Open(disk, Folder, newId, _ => { });
        if (records.BytesLength == 0) records.Rewrite([]);
    }

    /// <summary>
    /// Reads the catalog. Throws <see cref="ErrorKind.Corrupt"/> if it is damaged, or if it is not there and
    /// the directory has ever had one: then nothing tells what its segments are.
    /// </summary>
    public static CatalogFile Open(IDisk disk, Func<Guid> newId, ILogger log)
    {
        RequireThere(disk);
        CatalogState state = CatalogState.Empty;
        RecordLog records = RecordLog.Open(
            disk, Folder, newId, bytes => state = state.Apply(CatalogCodec.Decode(bytes)));
        CatalogFile file = new(records, state, log);
        file.MakeCertain();
        return file;
    }

    /// <summary>
    /// Writes the record and makes it the state; on <see cref="IOException"/> the state is what it was.
    /// </summary>
    public void Append(CatalogRecord record)
    {
        CatalogState next = State.Apply(record);
        byte[] bytes = CatalogCodec.Encode(record);
        if (_mustRewrite || _records.BytesLength > _rewriteAtBytes) Rewrite();
        try
        {
            _records.Append(bytes);
        }
        catch (IOException e)
        {
            _mustRewrite = true;
            Log.CatalogFailed(_log, e);
            throw;
        }

        State = next;
    }

    public void Dispose() => _records.Dispose();

    // What was read back may lie nowhere but in the page cache; a new file, synced, is certain. On a full
    // disk the old file has to do until there is room: the next record needs the rewrite first.
    private void MakeCertain()
    {
        try
        {
            Rewrite();
        }
        catch (DiskFullException e)
        {
            Log.CatalogFailed(_log, e);
        }
    }

    // Programs before 0.2 made the file with its first record: a crash before that left a directory with a
    // log from the first commit on, and nothing more.
    private static void RequireThere(IDisk disk)
    {
        if (RecordLog.Exists(disk, Folder)) return;
        int segments = disk.List(SegmentFolder.Root).Count;
        CommitSequence before = LogReplay.Beginning(disk) ?? default;
        if (segments == 0 && before == default) return;
        string found = segments > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{segments} files of segments")
            : string.Create(CultureInfo.InvariantCulture, $"a log that begins behind commit {before.Value}");
        throw new TsDbException(
            ErrorKind.Corrupt,
            $"the catalog, {disk.FullPath(Folder)}/*.records, is missing, and the directory has {found}: put "
            + "it back, or restore a backup ('tsdb restore'). Nothing was changed. Without either, start on "
            + "a new directory, and bring the segments in, which are Parquet files, with 'tsdb import'");
    }

    private void Rewrite()
    {
        _mustRewrite = true;
        _records.Rewrite(Snapshot(State).Select(record => (ReadOnlyMemory<byte>)CatalogCodec.Encode(record)));
        _rewriteAtBytes = Math.Max(RewriteBytesMin, RewriteGrowth * _records.BytesLength);
        _mustRewrite = false;
    }

    /// <summary>Records that make this state from nothing.</summary>
    internal static IEnumerable<CatalogRecord> Snapshot(CatalogState state)
    {
        foreach (LedgerLeaf[] leaves in state.Ledger.Values.Chunk(ItemsPerRecord))
            yield return new LedgerKnown([.. leaves]);
        foreach (TableSchema[] schemas in state.Schemas.All.Chunk(ItemsPerRecord))
            yield return new SegmentsSealed(state.Covered, [], [.. schemas]);
        foreach (StoredSegment[] segments in state.Segments.Values.Chunk(ItemsPerRecord))
            yield return new SegmentsSealed(state.Covered, [.. segments], []);
        yield return new SegmentsSealed(state.Covered, [], []);
    }
}
