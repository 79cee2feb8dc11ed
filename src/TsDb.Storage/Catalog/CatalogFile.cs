using Microsoft.Extensions.Logging;
using TsDb.Model;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The catalog on disk. Used by one thread at a time. When a record could not be written, nothing is known of
/// it: the files it names must stay, and before the next record the catalog is rewritten from the state
/// without it.
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

    public static CatalogFile Open(IDisk disk, Func<Guid> newId, ILogger log)
    {
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
        if (_records.BytesLength == 0) return;
        try
        {
            Rewrite();
        }
        catch (DiskFullException e)
        {
            Log.CatalogFailed(_log, e);
        }
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
