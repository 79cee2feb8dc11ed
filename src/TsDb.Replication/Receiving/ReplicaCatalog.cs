using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Codec.Replica;
using TsDb.Model;
using TsDb.Storage.Ports;
using TsDb.Storage.Records;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The log behind <see cref="ReplicaStore"/>: which leaves are on disk, which shards are whole. Used by one
/// thread at a time.
/// </summary>
internal sealed class ReplicaCatalog : IDisposable
{
    private const int LeavesPerRecordMax = 1024;
    private const int MergedPerRecordMax = 64;
    private const string DamagedSuffix = ".damaged";

    // Stays once a catalog was lost: the empty one that took its place looks like a new directory's.
    private const string LostMark = ReplicaStore.CatalogFolder + "/lost";

    // Above this ratio of the log to what a rewrite would leave, most of it is past.
    private const int WasteFactor = 4;

    private readonly Dictionary<Cell, Cell> _cells = [];
    private readonly Dictionary<ColumnSet, ColumnSet> _columnSets = [];
    private ImmutableSortedDictionary<ShardId, Epoch> _whole =
        ImmutableSortedDictionary<ShardId, Epoch>.Empty;
    private ImmutableHashSet<Leaf> _lost = [];
    private RecordLog _records = null!;
    private bool _isUncertain;
    private long _bytesAfterRewrite;

    private ReplicaCatalog()
    {
    }

    /// <summary>What the log said when it was opened.</summary>
    public ReplicaVersion Loaded { get; private set; } = ReplicaVersion.Empty;

    /// <summary>False if the log that was once there is gone or damaged.</summary>
    public bool IsIntact { get; private set; } = true;

    /// <summary>
    /// Shards that count in quorums, with the epoch from which on they do. May be read by any thread.
    /// </summary>
    public ImmutableSortedDictionary<ShardId, Epoch> WholeShards => Volatile.Read(ref _whole);

    /// <summary>
    /// Leaves that were here, went without a rule (a damaged or missing file) and are not back. May be read
    /// by any thread.
    /// </summary>
    public ImmutableHashSet<Leaf> Lost => Volatile.Read(ref _lost);

    /// <summary>Size of the log in bytes.</summary>
    public long BytesLength => _records.BytesLength;

    /// <summary>Opens or makes the log; a damaged one is set aside and an empty one begun.</summary>
    public static ReplicaCatalog Open(IDisk disk, Func<Guid> newId, ILogger log)
    {
        ReplicaCatalog catalog = new();
        CatalogReplay leaves = new();
        try
        {
            catalog._records = RecordLog.Open(
                disk,
                ReplicaStore.CatalogFolder,
                newId,
                bytes => catalog.Apply(ReplicaRecordCodec.Decode(bytes.Span), leaves));
            bool isThere = catalog._records.BytesLength > 0;
            if (!isThere) Log.CatalogMissing(log, disk.FullPath(ReplicaStore.CatalogFolder));
            catalog.IsIntact = isThere && !disk.Exists(LostMark);
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Corrupt)
        {
            Log.CatalogDamaged(log, e);
            leaves.Clear();
            catalog._whole = ImmutableSortedDictionary<ShardId, Epoch>.Empty;
            foreach (string path in disk.List(ReplicaStore.CatalogFolder))
            {
                if (!path.EndsWith(DamagedSuffix, StringComparison.Ordinal) && path != LostMark)
                    disk.Rename(path, path + DamagedSuffix);
            }

            disk.SyncDirectory(ReplicaStore.CatalogFolder);
            catalog._records = RecordLog.Open(disk, ReplicaStore.CatalogFolder, newId, _ => { });
            catalog.IsIntact = false;
        }

        if (!catalog.IsIntact && !disk.Exists(LostMark))
        {
            disk.Create(LostMark).Dispose();
            disk.SyncDirectory(ReplicaStore.CatalogFolder);
        }

        catalog.Loaded = ReplicaVersion.Empty.With(leaves.Files);
        if (catalog._records.BytesLength == 0) catalog._records.Rewrite([]);
        else catalog.MakeCertain(log);
        catalog._bytesAfterRewrite = catalog._records.BytesLength;
        return catalog;
    }

    /// <summary>What the catalog records of a file.</summary>
    public static ReplicaFile FactsOf(VerifiedLeaf leaf) => new()
    {
        Cell = leaf.Leaf.Cell,
        Incarnation = leaf.Leaf.Incarnation,
        Run = leaf.Run,
        BytesLength = leaf.Content.Length,
        Rows = leaf.Manifest.Rows,
        SeriesCount = leaf.Manifest.SeriesCount,
        Range = leaf.Manifest.Range,
        Columns = ColumnSet.Of(leaf.Manifest),
    };

    /// <summary>The facts with shared cells and columns.</summary>
    public StoredFile Intern(ReplicaFile facts)
    {
        ColumnSet columns = facts.Columns;
        if (_columnSets.TryGetValue(columns, out ColumnSet? known)) columns = known;
        else _columnSets.Add(columns, columns);
        Cell cell = facts.Cell;
        if (_cells.TryGetValue(cell, out Cell? shared)) cell = shared;
        else _cells.Add(cell, cell);
        return new StoredFile(
            cell,
            facts.Incarnation,
            facts.Run,
            columns,
            new FileExtent(facts.BytesLength, facts.Rows, facts.SeriesCount, facts.Range));
    }

    /// <summary>
    /// Adds a record and syncs it. After an earlier failure the log is first begun anew from <paramref
    /// name="current"/>.
    /// </summary>
    public void Append(ReplicaRecord record, ReplicaVersion current)
    {
        if (_records.IsFailed || _isUncertain) Rewrite(current);
        _records.Append(ReplicaRecordCodec.Encode(record));
        Note(record, current);
    }

    /// <summary>False while what was read at the start may lie in no file but a page cache.</summary>
    public bool IsCertain => !_isUncertain;

    /// <summary>
    /// Takes in what a record says of shards and lost leaves, whether it could be written or not; the files
    /// are those before it.
    /// </summary>
    public void Note(ReplicaRecord record, ReplicaVersion before) => Note(record, before.Find);

    private void Note(ReplicaRecord record, Func<Leaf, StoredFile?> before)
    {
        switch (record)
        {
            case ReplicaRecord.Stored stored when !_lost.IsEmpty:
                Volatile.Write(ref _lost, _lost.Except(stored.Leaves.SelectMany(LeavesOf)));
                break;
            case ReplicaRecord.Merged merged when !_lost.IsEmpty:
                Volatile.Write(ref _lost, _lost.Except(merged.Files.SelectMany(LeavesOf)));
                break;
            case ReplicaRecord.Lost lost when !ReplicaStore.IsRule(lost.Reason):
                Volatile.Write(ref _lost, _lost.Union(before(lost.Leaf)?.Leaves ?? [lost.Leaf]));
                break;
            case ReplicaRecord.Lost lost:
                Volatile.Write(ref _lost, _lost.Except(before(lost.Leaf)?.Leaves ?? [lost.Leaf]));
                break;
            case ReplicaRecord.Whole whole:
                Remember(whole);
                break;
        }
    }

    /// <summary>Writes the log anew if most of it is past.</summary>
    public void RewriteIfWasteful(ReplicaVersion current)
    {
        if (_records.BytesLength > WasteFactor * _bytesAfterRewrite) Rewrite(current);
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    // What was read back may lie nowhere but in the page cache, because an fsync before the last end of the
    // program failed; a new file, synced, is certain. A full disk keeps the old file until the next record.
    private void MakeCertain(ILogger log)
    {
        _isUncertain = true;
        try
        {
            Rewrite(Loaded);
        }
        catch (DiskFullException e)
        {
            Log.CatalogFailed(log, e);
        }
    }

    /// <summary>
    /// The bytes of a catalog with these leaves, and those that are lost. It says of no shard that it is
    /// whole.
    /// </summary>
    public static byte[] ImageOf(ReplicaVersion version, ImmutableHashSet<Leaf> lost, Guid id) =>
        RecordLog.Image(id, Encoded(LeavesOf(version, lost)));

    private static IEnumerable<ReadOnlyMemory<byte>> Encoded(IEnumerable<ReplicaRecord> records) =>
        records.Select(record => (ReadOnlyMemory<byte>)ReplicaRecordCodec.Encode(record));

    private void Rewrite(ReplicaVersion current)
    {
        _records.Rewrite(Encoded(RecordsOf(current)));
        _bytesAfterRewrite = _records.BytesLength;
        _isUncertain = false;
    }

    private IEnumerable<ReplicaRecord> RecordsOf(ReplicaVersion version)
    {
        foreach (IGrouping<Epoch, KeyValuePair<ShardId, Epoch>> group in _whole.GroupBy(entry => entry.Value))
            yield return new ReplicaRecord.Whole(group.Key, [.. group.Select(entry => entry.Key)]);
        foreach (ReplicaRecord record in LeavesOf(version, _lost)) yield return record;
    }

    private static IEnumerable<ReplicaRecord> LeavesOf(ReplicaVersion version, ImmutableHashSet<Leaf> lost)
    {
        foreach (StoredFile[] chunk in version.Files.Where(file => file.IsOwn).Chunk(LeavesPerRecordMax))
            yield return new ReplicaRecord.Stored([.. chunk.Select(FactsOf)]);
        foreach (StoredFile[] chunk in version.Files.Where(file => !file.IsOwn).Chunk(MergedPerRecordMax))
            yield return new ReplicaRecord.Merged([.. chunk.Select(FactsOf)]);
        foreach (Leaf leaf in lost) yield return new ReplicaRecord.Lost(leaf, "lost before");
    }

    /// <summary>What it has recorded of a file.</summary>
    public static ReplicaFile FactsOf(StoredFile file) => new()
    {
        Cell = file.Cell,
        Incarnation = file.Incarnation,
        Run = file.Run,
        BytesLength = file.Extent.BytesLength,
        Rows = file.Extent.Rows,
        SeriesCount = file.Extent.SeriesCount,
        Range = file.Extent.Range,
        Columns = file.Columns,
    };

    private static IEnumerable<Leaf> LeavesOf(ReplicaFile file) => file.Run.Leaves.Select((hash, i) =>
        new Leaf(file.Cell, file.Incarnation, new Ordinal(file.Run.First.Value + i), hash));

    private void Remember(ReplicaRecord.Whole whole) => Volatile.Write(
        ref _whole, _whole.SetItems(whole.Shards.Select(shard => KeyValuePair.Create(shard, whole.Epoch))));

    private void Apply(ReplicaRecord record, CatalogReplay files)
    {
        Note(record, files.Find);
        switch (record)
        {
            case ReplicaRecord.Stored stored:
                foreach (ReplicaFile facts in stored.Leaves) files.Put(Intern(facts));
                break;
            case ReplicaRecord.Merged merged:
                foreach (ReplicaFile facts in merged.Files) files.Put(Intern(facts));
                break;
            case ReplicaRecord.Lost lost:
                files.Remove(lost.Leaf);
                break;
        }
    }
}
