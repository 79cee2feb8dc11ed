using Microsoft.Extensions.Logging;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Commit;
using TsDb.Storage.Databases;
using TsDb.Storage.Erasure;
using TsDb.Storage.Hot;
using TsDb.Storage.Identity;
using TsDb.Storage.Ingest;
using TsDb.Storage.Ports;
using TsDb.Storage.Retention;
using TsDb.Storage.Seal;
using TsDb.Storage.Wal;

namespace TsDb.Storage;

/// <summary>
/// The points of one edge: write-ahead log, hot buffer, segments and catalog in one data directory.
/// </summary>
public sealed class EdgeStore : IShipCatalog, IWriteTarget, IAsyncDisposable
{
    // From here on a request's own thread encodes it for the log; smaller ones are merged by the writer
    // first.
    private const int RowsLarge = 256;

    private readonly StoreParts _parts;
    private readonly EdgeStoreOptions _options;
    private readonly StoreEnvironment _env;
    private readonly Lock _catalogGate = new();
    private readonly SealWorker _sealer;
    private readonly SealLoop? _sealLoop;
    private readonly TaskCreationOptions _resume;
    private EdgeIdentity _identity;
    private LogReplay? _replay;
    private volatile bool _isClosed;

    private EdgeStore(StoreParts parts, EdgeStoreOptions options, StoreEnvironment env)
    {
        (_parts, _options, _env, _identity) = (parts, options, env, parts.Identity);
        _resume = env.HasOwnThreads
            ? TaskCreationOptions.RunContinuationsAsynchronously
            : TaskCreationOptions.None;
        ILogger log = env.Loggers.CreateLogger<EdgeStore>();
        _sealer = new SealWorker(
            new SealSteps(
                () => _parts.Versions.Current.Hot,
                () => _parts.Rooms.Memory.IsShort || _parts.Writer.RefusedReason is not null,
                () => _parts.Versions.Current.Catalog.Covered,
                Freeze,
                frozen => _parts.Sealer.Write(frozen, _parts.Versions.Current.Catalog, Id, Incarnation),
                RecordSeal)
            {
                CutLog = covered =>
                {
                    if (_replay is { } replay) replay.CutBehind(covered);
                    else _parts.Log.CutBehind(covered);
                },
            },
            options,
            env.Clock,
            log);
        ReplayLog(log);
        if (!env.HasOwnThreads) return;
        _sealLoop = new SealLoop(_sealer, options.SealAge, env.Clock, log);
        _parts.Rooms.Memory.OnShort = _sealLoop.Wake;
        _parts.Lane.OnCommitted = WakeSealer;
        _parts.Lane.Start();
        _sealLoop.Wake();
    }

    /// <summary>
    /// Raised after the set of segments or leaves changed (seal, cut, expiry), on the thread that changed it.
    /// </summary>
    public event Action? SegmentsChanged;

    /// <summary>
    /// Ends with an error when the writer met something it cannot go on after: the process should exit.
    /// </summary>
    public Task Fault => _parts.Lane.Fault;

    /// <summary>The id of this edge.</summary>
    public EdgeId Id => _identity.Id;

    /// <summary>The incarnation that new segments belong to.</summary>
    public Incarnation Incarnation => Volatile.Read(ref _identity).Incarnation;

    /// <summary>Segments and ledger at this moment.</summary>
    public CatalogState Catalog => _parts.Versions.Current.Catalog;

    /// <summary>The settings of databases.</summary>
    public DatabaseBook Databases => _parts.Databases;

    /// <inheritdoc/>
    public TombstoneBook Tombstones => _parts.Tombstones;

    /// <summary>The schemas after the last commit.</summary>
    public SchemaCatalog Schemas => _parts.Versions.Current.Schemas;

    /// <summary>The segments whose file is missing or damaged.</summary>
    public IReadOnlyList<UnreadableSegment> SetAside => _parts.Versions.Current.SetAside;

    /// <summary>Figures of this moment.</summary>
    public StoreStats Stats
    {
        get
        {
            StoreVersion now = _parts.Versions.Current;
            long shortBytes = _parts.Rooms.Disk.ShortBytes(0, now.Hot.Bytes);
            return new StoreStats(
                _parts.Writer.RowsAccepted,
                now.Hot.Rows,
                now.Hot.Bytes,
                _parts.Log.BytesLength,
                now.Catalog.Segments.Count,
                now.Catalog.SegmentBytes,
                shortBytes > 0 ? DiskRoom.Reason(shortBytes) : _parts.Writer.BrokenReason);
        }
    }

    /// <summary>How far the limits of memory, queue and disk are used.</summary>
    public IReadOnlyList<LimitUse> LimitsInUse
    {
        get
        {
            StoreStats stats = Stats;
            long stored = stats.LogBytes + stats.SegmentBytes;
            long room = Math.Max(0, _parts.Disk.FreeBytes - _options.DiskReserveBytes);
            return
            [
                new LimitUse("memory", _parts.Rooms.Memory.UsedBytes, _options.MemoryBytesMax),
                new LimitUse("queue", _parts.Lane.QueuedCount, _options.QueueRequestsMax),
                new LimitUse("disk", stored, stored + room),
            ];
        }
    }

    /// <summary>
    /// Opens the store of a directory: reads the identity, replays catalog and log, removes orphan files.
    /// Throws <see cref="ErrorKind.Conflict"/> for another edge's directory, <see cref="ErrorKind.Corrupt"/>
    /// for damaged bytes.
    /// </summary>
    public static EdgeStore Open(IDisk disk, EdgeStoreOptions options, StoreEnvironment env) =>
        Open(disk, options, env, new ParquetFormat(options.Segments));

    /// <summary>Opens the store with another way to write segments.</summary>
    public static EdgeStore Open(
        IDisk disk, EdgeStoreOptions options, StoreEnvironment env, ISegmentFormat format)
    {
        StoreParts parts = StoreParts.Open(disk, options, env, format);
        try
        {
            return new EdgeStore(parts, options, env);
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Makes the request durable and visible, all of it or nothing. Throws
    /// <see cref="ErrorKind.Unavailable"/> with RetryAfter when there is no room or the disk failed,
    /// <see cref="ErrorKind.Closed"/> after disposal. Cancelling stops the waiting; what is already with the
    /// writer may still be committed.
    /// </summary>
    public async Task<CommitOutcome> CommitAsync(WriteRequest request, CancellationToken ct)
    {
        RequireOpen();
        long rows = request.Batches.Sum(batch => (long)batch.RowCount);
        if (rows == 0) return CommitOutcome.Committed;
        foreach (TableBatch batch in request.Batches) BatchColumns.RequireWhole(batch);
        bool isLarge = rows >= RowsLarge;
        long bytes = request.Batches.Sum(BatchSize.Of) * (isLarge ? 2 : 1);
        await _parts.Rooms.Memory.TakeAsync(bytes, ct).ConfigureAwait(false);
        BatchPayload? encoded = null;
        PendingCommit pending;
        try
        {
            if (isLarge) encoded = BatchPayload.Of(request.Batches);
            pending = new PendingCommit(request, bytes, encoded, _resume);
            await _parts.Lane.EnqueueAsync(pending, ct).ConfigureAwait(false);
        }
        catch
        {
            _parts.Rooms.Memory.Give(bytes);
            throw;
        }

        // Only an answer says that the writer is done with the bytes; who stops waiting leaves them to it.
        CommitOutcome outcome = await pending.Done.WaitAsync(ct).ConfigureAwait(false);
        encoded?.Dispose();
        return outcome;
    }

    /// <summary>Takes hold of the current version.</summary>
    public StoreLease Acquire() => _parts.Versions.Acquire();

    /// <summary>Seals everything committed before the call; completes when it lies in segments.</summary>
    public Task FlushAsync(CancellationToken ct)
    {
        RequireOpen();
        Task done = _sealer.FlushAsync(_parts.Versions.Current.Sequence, _resume);
        _sealLoop?.Wake();
        return done.WaitAsync(ct);
    }

    /// <summary>
    /// Writes a record to the catalog (one fsync), then swaps in the version that it makes. Blocks for the
    /// fsync. Files that the record adds must be in place and synced; files that it drops are deleted when no
    /// lease needs them. The record is made by <paramref name="decide"/> from the state it will apply to;
    /// null changes nothing. Throws <see cref="ErrorKind.Unavailable"/> if it could not be written: then the
    /// state is what it was, but the files that the record names must stay until the next start, because it
    /// may be there after all.
    /// </summary>
    public CatalogState ChangeCatalog(Func<CatalogState, CatalogRecord?> decide)
    {
        RequireOpen();
        try
        {
            return Change(decide, hot => hot);
        }
        catch (IOException e)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"the catalog cannot be written: {e.Message}", e)
            {
                RetryAfter = _options.RetryAfter,
            };
        }
    }

    /// <summary>
    /// The segments that the operator's rule, or their database's, allows to be dropped now, those with the
    /// oldest points first.
    /// </summary>
    public IReadOnlyList<string> RetentionDue()
    {
        DateTimeOffset now = _env.Clock.GetUtcNow();
        CatalogState catalog = _parts.Versions.Current.Catalog;
        return
        [
            .. RetentionPolicy.Decide(catalog, _options.Retention, now, ShortBytes(catalog, now))
                .Union(RetentionPolicy.Below(
                    catalog, _options.Retention, table => Databases.HorizonOf(table, now))),
        ];
    }

    /// <summary>
    /// A segment is missing or damaged, for the reason, so that no query may read it; or it is whole again:
    /// null. Until the next start, which looks for missing files itself.
    /// </summary>
    public void SetAsideOrBack(string name, string? reason)
    {
        lock (_catalogGate)
            _parts.Versions.Swap(now => _parts.Builder.WithSetAside(now, name, reason), []);
    }

    /// <summary>Begins a new incarnation (the cloud knows ordinals that this directory does not).</summary>
    public Incarnation RenewIncarnation()
    {
        lock (_catalogGate)
        {
            EdgeIdentity renewed = _identity with { Incarnation = new Incarnation(_env.NewId()) };
            renewed.Save(_parts.Disk);
            Volatile.Write(ref _identity, renewed);
            return renewed.Incarnation;
        }
    }

    /// <summary>
    /// Without own threads: commits what is queued and seals what is due, until nothing is left to do.
    /// </summary>
    public void RunUntilIdle()
    {
        if (_env.HasOwnThreads) throw new InvalidOperationException("the store has its own threads");
        bool isBusy = true;
        while (isBusy) isBusy = _parts.Lane.RunOnce() || _sealer.RunOnce();
    }

    /// <summary>
    /// Finishes the queued commits and closes the files. What is in the buffer is in the log.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        if (_isClosed) return ValueTask.CompletedTask;
        _isClosed = true;
        _parts.Lane.Close();
        _sealer.Close();
        _sealLoop?.Dispose();
        lock (_catalogGate) _parts.Dispose();
        return ValueTask.CompletedTask;
    }

    private void RequireOpen()
    {
        if (!_isClosed) return;
        throw new TsDbException(ErrorKind.Closed, "this edge is shutting down: come back when it is up");
    }

    // What a refused write lacks counts as well, unless it would not fit if every segment went.
    private long ShortBytes(CatalogState catalog, DateTimeOffset now)
    {
        long hotBytes = _parts.Versions.Current.Hot.Bytes;
        long shortBytes = _parts.Rooms.Disk.ShortBytes(_parts.Writer.Refused.BytesAt(now), hotBytes);
        return shortBytes <= catalog.SegmentBytes
            ? shortBytes
            : _parts.Rooms.Disk.ShortBytes(0, hotBytes);
    }

    // Seals on the way like any other time, so that a log larger than the memory can be read back.
    private void ReplayLog(ILogger log)
    {
        CatalogState atStart = _parts.Catalog.State;
        LogReplay replay = new(_parts.Disk, atStart.Covered, log);
        _replay = replay;
        ReplayedLog found = replay.Run(frame =>
        {
            _parts.Writer.Replay(frame);
            _sealer.RunOnce();
        });
        _replay = null;
        CatalogState now = _parts.Catalog.State;
        _parts.Log.Adopt(found, now.Covered);
        Storage.Log.Opened(
            log, Id.Value, Incarnation.ToString(), _parts.Versions.Current.Hot.Rows, now.Segments.Count);
    }

    private void WakeSealer()
    {
        if (_sealer.IsDue) _sealLoop!.Wake();
    }

    // The writer sets the rows apart, so that no commit falls between the buffer and the log file. Without
    // threads, and before they begin, the writer is whoever calls.
    private FrozenBuffer Freeze()
    {
        FrozenBuffer frozen = !_env.HasOwnThreads || _replay is not null
            ? _parts.Writer.Freeze()
            : FreezeOnLane();

        // Until it is recorded a seal has its rows twice: as they came, and sorted.
        _parts.Rooms.Memory.TakeAnyway(frozen.Bytes);
        return frozen;
    }

    private FrozenBuffer FreezeOnLane()
    {
        PendingFreeze freeze = new(_resume);
        _parts.Lane.EnqueueAsync(freeze, CancellationToken.None).GetAwaiter().GetResult();
        return freeze.Done.GetAwaiter().GetResult();
    }

    private void RecordSeal(FrozenBuffer frozen, IReadOnlyList<StoredSegment> segments)
    {
        Change(
            state => new SegmentsSealed(frozen.Covered, [.. segments], frozen.SchemasSince(state.Schemas)),
            hot => hot.DropFrozen());
        _parts.Rooms.Memory.Give(2 * frozen.Bytes);
    }

    private CatalogState Change(Func<CatalogState, CatalogRecord?> decide, Func<HotState, HotState> hot)
    {
        CatalogState after;
        lock (_catalogGate)
        {
            CatalogState before = _parts.Catalog.State;
            CatalogRecord? record = decide(before);
            if (record is null) return before;
            _parts.Catalog.Append(record);
            after = _parts.Catalog.State;
            string[] dropped = [.. record.Dropped.Where(name => !after.Segments.ContainsKey(name))];
            _parts.Versions.Swap(now => _parts.Builder.WithCatalog(now, after, hot(now.Hot)), dropped);
        }

        SegmentsChanged?.Invoke();
        return after;
    }
}
