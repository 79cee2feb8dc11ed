using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Hot;
using TsDb.Storage.Seal;
using TsDb.Storage.Versions;
using TsDb.Storage.Wal;

namespace TsDb.Storage.Commit;

/// <summary>
/// The group commit: admits requests against the schemas, writes one frame for all of them, syncs once, shows
/// the rows, and only then answers. One thread owns it. A group that fails leaves nothing behind: no row, no
/// schema.
/// </summary>
internal sealed class CommitWriter(
    WriteAheadLog log,
    VersionSet versions,
    VersionBuilder builder,
    StoreRooms rooms,
    EdgeStoreOptions options,
    StoreEnvironment env)
{
    // A seal is begun at its limit of cells; while it runs, this many times as many may gather. No seal has
    // more, unless a single request does.
    private const int CellsOverrun = 4;

    private readonly ILogger _log = env.Loggers.CreateLogger<EdgeStore>();
    private readonly HotBuffer _hot = new(env.Clock);
    private long _rowsAccepted;
    private volatile string? _refusedReason;
    private volatile RefusedNeed _refused = RefusedNeed.None;

    /// <summary>Rows acknowledged since the store was opened.</summary>
    public long RowsAccepted => Volatile.Read(ref _rowsAccepted);

    /// <summary>Why writes are refused just now; null while they are taken.</summary>
    public string? RefusedReason => _refusedReason;

    /// <summary>The largest write that the disk had no room for of late.</summary>
    public RefusedNeed Refused => _refused;

    /// <summary>Why the log cannot be written; null if the last attempt did not fail for that.</summary>
    public string? BrokenReason { get; private set; }

    /// <summary>
    /// Commits all requests of a group, or fails them all; those that contradict the schemas are answered so.
    /// </summary>
    public void Commit(IReadOnlyList<PendingCommit> group)
    {
        StoreVersion now = versions.Current;
        if (RefusalReason(now.Hot, group) is { } reason)
        {
            Refuse(group, reason, null);
            return;
        }

        (List<PendingCommit> admitted, SchemaCatalog schemas) = Admit(group, now.Schemas);
        if (admitted.Count == 0 || TryFrame(admitted) is not { } frame) return;
        CommitSequence sequence;
        try
        {
            sequence = log.Append(frame.Pieces);
        }
        catch (IOException e)
        {
            Log.CommitFailed(_log, admitted.Count, e);
            BrokenReason = $"the log cannot be written: {e.Message}";
            Refuse(admitted, BrokenReason, e);
            return;
        }

        Publish(frame.Batches, sequence, schemas);
        Interlocked.Add(ref _rowsAccepted, admitted.Sum(pending => pending.Rows));
        if (_refusedReason is not null) Log.WritesTaken(_log);
        _refusedReason = BrokenReason = null;
        rooms.Memory.Give(admitted.Sum(pending => pending.Bytes) - frame.Batches.Sum(BatchSize.Of));
        foreach (PendingCommit pending in admitted) pending.Complete(CommitOutcome.Committed);
        Coalesce(frame.Batches);
    }

    /// <summary>Shows rows that were read back from the log.</summary>
    public void Replay(ReplayedFrame frame)
    {
        List<TableBatch> batches = [];
        foreach (ReadOnlyMemory<byte> piece in Codec.Wal.WalPayload.Read(frame.Payload))
            batches.AddRange(BatchCodec.Decode(piece));
        SchemaCatalog schemas = SchemaAdmission.Admit(versions.Current.Schemas, [.. batches])
            ?? throw new TsDbException(
                ErrorKind.Corrupt,
                $"commit {frame.Sequence.Value} of the log contradicts the schemas before it");
        Publish(batches, frame.Sequence, schemas);
        rooms.Memory.TakeAnyway(batches.Sum(BatchSize.Of));
        Coalesce(batches);
    }

    /// <summary>
    /// Sets everything committed so far apart for a seal; later commits go to a new log file.
    /// </summary>
    public FrozenBuffer Freeze()
    {
        log.BeginNewFile();
        StoreVersion frozen = versions.Swap(
            now => builder.WithHot(now, now.Hot.Freeze(), now.Sequence, now.Schemas, now.Hot.Tables.Keys),
            []);
        _hot.Freeze(frozen.Hot);
        return FrozenBuffer.Of(frozen);
    }

    private string? RefusalReason(HotState hot, IReadOnlyList<PendingCommit> group)
    {
        long bytes = group.Sum(pending => pending.Bytes);
        long shortBytes = rooms.Disk.ShortBytes(bytes, hot.Bytes);
        if (shortBytes > 0)
        {
            _refused = _refused.After(bytes, env.Clock.GetUtcNow());
            return DiskRoom.Reason(shortBytes);
        }

        long cells = hot.OpenCells + group.Sum(pending => (long)pending.Cells);
        return hot.OpenCells > 0 && cells > CellsOverrun * (long)options.SealCells
            ? "the buffer has points of too many days: it takes writes again when a seal has made room"
            : null;
    }

    // A batch that cannot be merged or encoded is the fault of one request: it must not take others along.
    private GroupFrame? TryFrame(List<PendingCommit> admitted)
    {
        try
        {
            return GroupFrame.Of(admitted);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (admitted.Count == 1)
            {
                Log.RequestBroken(_log, e);
                rooms.Memory.Give(admitted[0].Bytes);
                admitted[0].Fail(
                    new TsDbException(ErrorKind.Invalid, $"the request cannot be stored: {e.Message}", e));
            }
            else
            {
                foreach (PendingCommit pending in admitted) Commit([pending]);
            }

            return null;
        }
    }

    private (List<PendingCommit> Admitted, SchemaCatalog Schemas) Admit(
        IReadOnlyList<PendingCommit> group, SchemaCatalog schemas)
    {
        List<PendingCommit> admitted = new(group.Count);
        foreach (PendingCommit pending in group)
        {
            if (SchemaAdmission.Admit(schemas, pending.Request.Batches) is { } next)
            {
                schemas = next;
                admitted.Add(pending);
                continue;
            }

            rooms.Memory.Give(pending.Bytes);
            pending.Complete(CommitOutcome.SchemaChanged);
        }

        return (admitted, schemas);
    }

    private void Publish(IReadOnlyList<TableBatch> batches, CommitSequence sequence, SchemaCatalog schemas)
    {
        Func<HotState, HotState> append = _hot.Note(versions.Current.Hot, batches);
        HashSet<TableId> tables = [.. batches.Select(batch => batch.Table)];
        versions.Swap(now => builder.WithHot(now, append(now.Hot), sequence, schemas, tables), []);
    }

    private void Coalesce(IReadOnlyList<TableBatch> batches)
    {
        HashSet<TableId> tables = [.. batches.Select(batch => batch.Table)];
        Func<HotState, HotState>? coalesce = HotBuffer.Coalesce(
            versions.Current.Hot, tables, out long bytesSaved);
        if (coalesce is null) return;
        versions.Swap(now => builder.WithHot(now, coalesce(now.Hot), now.Sequence, now.Schemas, tables), []);
        rooms.Memory.Give(bytesSaved);
    }

    private void Refuse(IReadOnlyList<PendingCommit> group, string reason, Exception? cause)
    {
        if (_refusedReason is null) Log.WritesRefused(_log, reason);
        _refusedReason = reason;
        foreach (PendingCommit pending in group)
        {
            rooms.Memory.Give(pending.Bytes);
            TsDbException error = cause is null
                ? new TsDbException(ErrorKind.Unavailable, reason) { RetryAfter = options.RetryAfter }
                : new TsDbException(ErrorKind.Unavailable, reason, cause) { RetryAfter = options.RetryAfter };
            pending.Fail(error);
        }
    }
}
