using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Codec.Replica;
using TsDb.Model;
using TsDb.Replication.Backup;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The leaves of one cloud node on its disk. A leaf is stored by: file under a temporary name, fsync, rename,
/// fsync of the folder, record in the catalog, fsync; only then it is in <see cref="Current"/>. Nothing is
/// ever overwritten by other bytes. Files of several leaves, merged here or by another owner, take the place
/// of the leaves' own in the same way. Calls that change something block on the disk and wait for each other;
/// reading never waits.
/// </summary>
public sealed partial class ReplicaStore : IDisposable
{
    /// <summary>The folder of the catalog of leaves.</summary>
    public const string CatalogFolder = "catalog";

    /// <summary>The rule of a leaf that retention took.</summary>
    public const string RuleRetention = "retention";

    /// <summary>The rule of a leaf whose shard moved away.</summary>
    public const string RuleMoved = "moved away";

    /// <summary>The rule of a lost leaf that no other owner has, so that it was not durable.</summary>
    public const string RuleUnheld = "no other owner has it";

    /// <summary>The rule of a lost leaf whose rows its edge has cut anew.</summary>
    public const string RuleSuperseded = "superseded";

    /// <summary>The rule of a lost leaf that the operator gave up.</summary>
    public const string RuleGivenUp = "given up";

    private readonly Lock _gate = new();
    private readonly Lock _scrubGate = new();
    private readonly ReplicaFiles _files;
    private readonly ReplicaCatalog _catalog;
    private readonly ReplicaLeases _leases;
    private readonly SegmentRefs _refs;
    private readonly ReplicaStoreOptions _options;
    private readonly IDisk _disk;
    private readonly ILogger _log;
    private ReplicaVersion _current;

    private ReplicaStore(IDisk disk, ReplicaCatalog catalog, ReplicaStoreOptions options, ILogger log)
    {
        (_disk, _catalog, _options, _log) = (disk, catalog, options, log);
        _files = new ReplicaFiles(disk, log);
        _leases = new ReplicaLeases(disk, log);
        _refs = new SegmentRefs(disk);
        _current = catalog.Loaded;
    }

    /// <summary>What is on disk now.</summary>
    public ReplicaVersion Current => Volatile.Read(ref _current);

    /// <summary>
    /// False for good if a catalog that this directory once had is gone or damaged: then the node cannot
    /// know what it was trusted with, and its shards have to be recovered from the other owners.
    /// </summary>
    public bool IsCatalogIntact => _catalog.IsIntact;

    /// <summary>
    /// Opens the store: reads the catalog and takes leaves whose file is not there out of it. Throws
    /// <see cref="IOException"/> if the disk fails.
    /// </summary>
    public static ReplicaStore Open(
        IDisk disk, Func<Guid> newId, ReplicaStoreOptions options, ILogger log)
    {
        ReplicaCatalog catalog = ReplicaCatalog.Open(disk, newId, log);
        ReplicaStore store = new(disk, catalog, options, log);
        (List<StoredFile> absent, IReadOnlyCollection<string> unnamed) = store._files.Survey(store.Current);
        foreach (StoredFile file in absent) store.MarkLost(file, "the file is not there");

        // Only where nothing but the files that it names can be needed: a log that was set aside, or that may
        // be older after a loss of power, could name others.
        if (catalog.IsIntact && catalog.IsCertain) store._files.DeleteCovered(unnamed, store.Current);
        return store;
    }

    /// <summary>A lease on what is on disk now.</summary>
    public ReplicaLease Acquire()
    {
        (ReplicaVersion version, Action release) = _leases.Take(() => Current);
        return new ReplicaLease(version, _refs, release);
    }

    /// <summary>
    /// Stores leaves and returns, for each in its order, what became of it. Never throws for a disk that is
    /// full or fails: the outcome says so.
    /// </summary>
    /// <param name="leaves">The leaves.</param>
    /// <param name="areHeld">
    /// True if another owner has them on disk. Then a second cut of a number that is here (a fork, by an edge
    /// that was restored or cloned) is stored beside the first: refusing it would part the owners for ever.
    /// The edge cuts the rows of a refused fork anew, so that they are newer than both.
    /// </param>
    public ImmutableArray<ReceiveOutcome> Store(IReadOnlyList<VerifiedLeaf> leaves, bool areHeld = false)
    {
        lock (_gate)
        {
            ReceiveOutcome[] outcomes = new ReceiveOutcome[leaves.Count];
            List<Leaf> batch = [];
            List<int> written = [];
            for (int i = 0; i < leaves.Count; i++)
            {
                if (!leaves[i].Run.IsOwn) continue;
                outcomes[i] = Judge(leaves[i], batch, areHeld);
                if (outcomes[i] != ReceiveOutcome.Stored) continue;
                outcomes[i] = Attempt(() => _files.Write(leaves[i]), leaves[i].Leaf);
                if (outcomes[i] != ReceiveOutcome.Stored) continue;
                batch.Add(leaves[i].Leaf);
                written.Add(i);
            }

            if (written.Count > 0)
            {
                VerifiedLeaf[] stored = [.. written.Select(i => leaves[i])];
                ReceiveOutcome outcome = Attempt(() => Publish(stored), stored[0].Leaf);
                foreach (int i in written) outcomes[i] = outcome;
            }

            for (int i = 0; i < leaves.Count; i++)
            {
                if (!leaves[i].Run.IsOwn) outcomes[i] = StoreRewritten(leaves[i]);
            }

            NoteRoom(leaves, outcomes);
            return ImmutableArray.Create(outcomes);
        }
    }

    /// <summary>
    /// Takes a file out of the catalog because it is missing or damaged: all its leaves are lost here, and
    /// can be stored again. Nothing happens if it is not part of the current version.
    /// </summary>
    public void MarkLost(StoredFile file, string reason)
    {
        lock (_gate)
        {
            if (!Current.Holds(file)) return;
            Log.LeafLost(_log, file.LeafCount, file.Path, reason);
            ReplicaVersion next = Current.WithoutLost(file);
            ReplicaRecord.Lost lost = new(file.LeafAt(0), reason);
            try
            {
                _catalog.Append(lost, Current);
            }
            catch (IOException e)
            {
                // Missed all the same: the next record that can be written tells of it, too, and a restart
                // before that finds the damage again.
                Log.CatalogFailed(_log, e);
                _catalog.Note(lost, Current);
            }

            Volatile.Write(ref _current, next);
        }
    }

    /// <summary>
    /// Takes files with all their leaves out by a rule (retention, a shard that moved away) and removes them
    /// as soon as no lease needs them.
    /// </summary>
    public void Drop(IReadOnlyList<StoredFile> files, string rule)
    {
        lock (_gate)
        {
            ReplicaVersion next = Current;
            List<StoredFile> dropped = [];
            foreach (StoredFile file in files)
            {
                if (!next.Holds(file)) continue;
                _catalog.Append(new ReplicaRecord.Lost(file.LeafAt(0), rule), next);
                next = next.Without(file);
                dropped.Add(file);
            }

            // All at once, so that nobody sees a part of them.
            Volatile.Write(ref _current, next);
            foreach (StoredFile file in dropped) _leases.DeleteLater(file.Path, next.Number);

            _leases.DeleteUnused();
        }
    }

    /// <summary>
    /// Up to <paramref name="bytesMax"/> bytes of the file that stands for a leaf from an offset on; empty at
    /// the end. Throws <see cref="ErrorKind.NotFound"/> if the leaf is not here, or the file turns out to be
    /// missing or too short (then its leaves are lost and have to be fetched again).
    /// </summary>
    public (StoredFile File, ReadOnlyMemory<byte> Bytes) Read(Leaf leaf, long offset, int bytesMax)
    {
        // Leased, so that a file which is merged meanwhile is not taken for a lost one.
        using ReplicaLease lease = Acquire();
        if (lease.Version.Find(leaf) is not { } file)
            throw new TsDbException(ErrorKind.NotFound, $"leaf {leaf} is not on this node");
        try
        {
            return (file, _files.Read(file, offset, bytesMax));
        }
        catch (IOException e)
        {
            MarkLost(file, e.Message);
            throw new TsDbException(ErrorKind.NotFound, $"leaf {leaf} cannot be read on this node", e);
        }
    }

    /// <summary>
    /// Reads a whole file and compares its hash with what it should be. False, and its leaves are lost and
    /// the file is set aside, if they differ or it cannot be read.
    /// </summary>
    public bool Scrub(StoredFile file)
    {
        // One at a time: whole bytes that came in the meantime are not set aside for those before them.
        lock (_scrubGate)
        {
            using ReplicaLease lease = Acquire();
            if (!lease.Version.Holds(file) || _files.DamageOf(file) is not { } damage) return true;
            if (!Current.Holds(file)) return true;
            MarkLost(file, damage);
            _files.SetAside(file);
            return false;
        }
    }

    /// <summary>
    /// True if this directory holds what the shard's owners before it held, so that it counts in quorums.
    /// </summary>
    public bool IsWhole(ShardId shard) => _catalog.WholeShards.ContainsKey(shard);

    /// <summary>The last epoch at which this directory had all of each shard that it ever had all of.
    /// </summary>
    public ImmutableSortedDictionary<ShardId, Epoch> WholeShards => _catalog.WholeShards;

    /// <summary>The last epoch at which this directory had all of the shard; null for never.</summary>
    public Epoch? WholeSince(ShardId shard) =>
        _catalog.WholeShards.TryGetValue(shard, out Epoch since) ? since : null;

    /// <summary>
    /// True if what it stores of the shard counts under this configuration (see <see
    /// cref="Repair.RepairPolicy"/>): a leaf that it lost takes nothing from those that it has.
    /// </summary>
    public bool CountsIn(Cluster.ClusterConfiguration? cluster, ShardId shard, NodeId self) =>
        Repair.RepairPolicy.IsWhole(cluster, shard, self, WholeSince(shard));

    /// <summary>
    /// True if so, and no other leaf of this one's number is here: of two cuts neither is for good.
    /// </summary>
    public bool CountsIn(Cluster.ClusterConfiguration cluster, Leaf leaf, NodeId self) =>
        CountsIn(cluster, ShardId.Of(leaf.Cell, cluster.ShardCount), self) && !Current.IsForked(leaf);

    /// <summary>
    /// True if what it stores of the shard counts and it has lost nothing that is not back, so that its
    /// answers count. What is lost may be all there was: where no other owner has it, the edge gives it back,
    /// or says that it cut the rows anew (see <see cref="Forget"/>).
    /// </summary>
    public bool IsWholeIn(Cluster.ClusterConfiguration? cluster, ShardId shard, NodeId self) =>
        CountsIn(cluster, shard, self) && (cluster is null || _catalog.Lost.IsEmpty
            || !_catalog.Lost.Any(leaf => ShardId.Of(leaf.Cell, cluster.ShardCount) == shard));

    /// <summary>Leaves that were here, whose files are damaged or gone, and that are not back.</summary>
    public ImmutableHashSet<Leaf> Lost => _catalog.Lost;

    /// <summary>True if leaves that go for this reason are not missed.</summary>
    public static bool IsRule(string reason) =>
        reason is RuleRetention or RuleMoved or RuleUnheld or RuleSuperseded or RuleGivenUp;

    /// <summary>
    /// Of these leaves those that were lost are not missed any more, by a rule. Throws <see
    /// cref="IOException"/> if the disk fails; then the rest is missed still.
    /// </summary>
    public void Forget(IReadOnlyCollection<Leaf> leaves, string rule)
    {
        lock (_gate)
        {
            foreach (Leaf leaf in leaves.Where(_catalog.Lost.Contains))
            {
                _catalog.Append(new ReplicaRecord.Lost(leaf, rule), Current);
                Log.LostForgotten(_log, leaf, rule);
            }
        }
    }

    /// <summary>Records that these shards are whole as of an epoch.</summary>
    public void MarkWhole(Epoch epoch, ImmutableArray<ShardId> shards)
    {
        lock (_gate)
        {
            ImmutableArray<ShardId> added =
                [.. shards.Where(shard => WholeSince(shard) is not { } since || since.Value < epoch.Value)];
            if (added.Length > 0) _catalog.Append(new ReplicaRecord.Whole(epoch, added), Current);
        }
    }

    /// <summary>
    /// Of a directory that was made of a backup: the shards that were whole at the backup are so again if the
    /// cluster was founded anew with this directory, that is, if its member is one of those times. One that
    /// came into a cluster that had gone on compares first, like any newcomer. Throws
    /// <see cref="IOException"/> if the disk fails; then it is done again.
    /// </summary>
    /// <param name="since">Since when this directory is a member.</param>
    public void SettleRestored(Epoch since)
    {
        lock (_gate)
        {
            if (RestoredNode.Read(_disk) is not { } restored) return;
            bool isFounder = since.CompareTo(restored.Configuration.Epoch) <= 0;
            foreach (var group in restored.Whole.GroupBy(shard => shard.Since))
            {
                if (!isFounder || !IsCatalogIntact) break;
                _catalog.Append(
                    new ReplicaRecord.Whole(group.Key, [.. group.Select(shard => shard.Shard)]), Current);
            }

            _disk.Delete(RestoredNode.FileName);
            _disk.SyncDirectory("");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) _catalog.Dispose();
    }

    /// <summary>What is on disk now, held, and the bytes of a catalog of it.</summary>
    internal (ReplicaLease Lease, byte[] Catalog) Image(Guid id)
    {
        ReplicaLease lease;
        ImmutableHashSet<Leaf> lost;
        lock (_gate) (lease, lost) = (Acquire(), _catalog.Lost);
        return (lease, ReplicaCatalog.ImageOf(lease.Version, lost, id));
    }

    private ReceiveOutcome Judge(VerifiedLeaf verified, List<Leaf> batch, bool isHeld)
    {
        Leaf leaf = verified.Leaf;
        if (Current.Find(leaf) is not null || batch.Contains(leaf)) return ReceiveOutcome.AlreadyPresent;
        bool isFork = Current.Find(leaf.Cell)?.Find(leaf.Incarnation, leaf.Ordinal) is not null
            || batch.Any(other => other.Cell == leaf.Cell && other.Incarnation == leaf.Incarnation
                && other.Ordinal == leaf.Ordinal);
        if (isFork && !isHeld) return ReceiveOutcome.Fork;
        return _disk.FreeBytes - verified.Content.Length < _options.DiskReserveBytes
            ? ReceiveOutcome.DiskFull
            : ReceiveOutcome.Stored;
    }

    private void Publish(VerifiedLeaf[] stored)
    {
        foreach (VerifiedLeaf leaf in stored) _leases.Keep(leaf.Path);
        _files.Settle(stored);
        ImmutableArray<ReplicaFile> facts = [.. stored.Select(ReplicaCatalog.FactsOf)];
        StoredFile[] added = [.. facts.Select(_catalog.Intern)];
        ReplicaVersion next = Current.With(added);
        _catalog.Append(new ReplicaRecord.Stored(facts), Current);
        Volatile.Write(ref _current, next);
        RewriteIfWasteful();
    }

    private void RewriteIfWasteful()
    {
        if (_catalog.BytesLength <= _options.CatalogRewriteBytesMin) return;
        try
        {
            _catalog.RewriteIfWasteful(Current);
        }
        catch (IOException e)
        {
            // What was recorded is so all the same; the next append writes the catalog anew.
            Log.CatalogFailed(_log, e);
        }
    }

    private ReceiveOutcome Attempt(Action work, Leaf leaf)
    {
        try
        {
            work();
            return ReceiveOutcome.Stored;
        }
        catch (DiskFullException e)
        {
            Log.StoreFailed(_log, leaf, e);
            return ReceiveOutcome.DiskFull;
        }
        catch (IOException e)
        {
            Log.StoreFailed(_log, leaf, e);
            return ReceiveOutcome.DiskFailed;
        }
    }
}
