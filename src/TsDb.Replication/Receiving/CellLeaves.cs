using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The leaves of one cell that this node has on disk, and the files that stand for them: each leaf for one
/// file, each file for one or more leaves. Immutable.
/// </summary>
public sealed class CellLeaves
{
    private readonly bool _hasForks;

    // A shard and the number of shards, in one word, so that threads see both; 0 before it was asked for.
    private long _shard;

    private CellLeaves(Cell cell, ImmutableArray<StoredFile> files, LeafDigest digest)
    {
        (Cell, Files, Digest) = (cell, files, digest);
        for (int i = 0; i < files.Length; i++)
        {
            Range = i == 0 ? files[0].Extent.Range : Range.Union(files[i].Extent.Range);
            _hasForks |= i > 0 && files[i - 1].Incarnation == files[i].Incarnation
                && files[i - 1].Last.Value >= files[i].First.Value;
        }
    }

    /// <summary>The cell.</summary>
    public Cell Cell { get; }

    /// <summary>
    /// Its files, by incarnation (as a number), first ordinal and hash. Their ordinals do not overlap, but
    /// where an edge that was restored or cloned cut a number a second time and both cuts found their way to
    /// an owner.
    /// </summary>
    public ImmutableArray<StoredFile> Files { get; }

    /// <summary>Its leaves, by file.</summary>
    public IEnumerable<Leaf> Leaves => Files.SelectMany(file => file.Leaves);

    /// <summary>The digest of the leaves.</summary>
    public LeafDigest Digest { get; }

    /// <summary>The times of all rows; the default while there is no leaf.</summary>
    public TimeRange Range { get; }

    /// <summary>The shard of the cell; remembered, because all cells are asked for theirs often.</summary>
    public ShardId ShardOf(int shardCount)
    {
        long known = Volatile.Read(ref _shard);
        if ((int)(known >> 32) == shardCount) return new ShardId((int)known);
        ShardId shard = ShardId.Of(Cell, shardCount);
        Volatile.Write(ref _shard, ((long)shardCount << 32) | (uint)shard.Value);
        return shard;
    }

    /// <summary>A cell without leaves.</summary>
    public static CellLeaves Empty(Cell cell) => new(cell, [], LeafDigest.Empty);

    /// <summary>The leaf of that number, one of them if there are several, or null.</summary>
    public Leaf? Find(Incarnation incarnation, Ordinal ordinal) =>
        FilesOf(incarnation, ordinal).FirstOrDefault() is { } file
            ? file.LeafAt((int)(ordinal.Value - file.First.Value)) : null;

    /// <summary>The file that stands for this very leaf, or null.</summary>
    public StoredFile? Find(Leaf leaf) => FilesOf(leaf.Incarnation, leaf.Ordinal)
        .FirstOrDefault(file => file.Has(leaf.Ordinal, leaf.Hash));

    /// <summary>True if another leaf of this one's number is here.</summary>
    public bool IsForked(Leaf leaf) => FilesOf(leaf.Incarnation, leaf.Ordinal)
        .Any(file => !file.Has(leaf.Ordinal, leaf.Hash));

    /// <summary>
    /// Files that have an ordinal in common with a run, by first ordinal.
    /// </summary>
    public IEnumerable<StoredFile> Overlapping(Incarnation incarnation, OrdinalRange ordinals) =>
        Files.Where(file => file.Incarnation == incarnation
            && file.First.Value <= ordinals.Last.Value && file.Last.Value >= ordinals.First.Value);

    /// <summary>
    /// Orders files of one incarnation by newness, where rows of the same key are: by last ordinal. A second
    /// cut of a number inside a merged file came after all owners had the leaves of that file, so it is of a
    /// later life of the edge, and goes over it.
    /// </summary>
    public long RankOf(StoredFile file)
    {
        StoredFile? around = _hasForks && !file.IsMerged
            ? FilesOf(file.Incarnation, file.First).FirstOrDefault(other => other.IsMerged) : null;
        return around is null ? 2 * file.Last.Value : (2 * around.Last.Value) + 1;
    }

    /// <summary>True if no number of the incarnation was cut twice.</summary>
    public bool IsUnforked(Incarnation incarnation) => !_hasForks || !Files.Any(file =>
        file.Incarnation == incarnation && FilesOf(incarnation, file.First).Skip(1).Any());

    /// <summary>The lowest number of an incarnation that was cut twice; null if none was.</summary>
    public Ordinal? FirstFork(Incarnation incarnation)
    {
        for (int i = 1; _hasForks && i < Files.Length; i++)
        {
            if (Files[i - 1].Incarnation == incarnation && Files[i].Incarnation == incarnation
                && Files[i - 1].Last.Value >= Files[i].First.Value) return Files[i].First;
        }

        return null;
    }

    /// <summary>The highest ordinal of an incarnation here; null if there is none.</summary>
    public Ordinal? Last(Incarnation incarnation)
    {
        Ordinal? last = null;
        foreach (StoredFile file in Files)
        {
            if (file.Incarnation == incarnation && (last is null || file.Last.Value > last.Value.Value))
                last = file.Last;
        }

        return last;
    }

    /// <summary>The digest of the leaves of one incarnation.</summary>
    public LeafDigest DigestOf(Incarnation incarnation) =>
        Files.All(file => file.Incarnation == incarnation)
            ? Digest
            : LeafDigest.Of(Leaves.Where(leaf => leaf.Incarnation == incarnation));

    /// <summary>
    /// This cell with more files; the leaves of each are new here, or it throws
    /// <see cref="ErrorKind.Conflict"/>.
    /// </summary>
    public CellLeaves With(IReadOnlyCollection<StoredFile> added)
    {
        StoredFile[] all = [.. Files, .. added];
        Array.Sort(all, Compare);
        CellLeaves cell = new(
            Cell, ImmutableArray.Create(all), added.Aggregate(Digest, (sum, file) => sum + DigestOf(file)));
        foreach (StoredFile file in cell._hasForks ? added : [])
        {
            if (cell.Overlapping(file.Incarnation, new OrdinalRange(file.First, file.Last))
                .Any(other => other != file && other.Leaves.Any(leaf => file.Has(leaf.Ordinal, leaf.Hash))))
            {
                throw new TsDbException(
                    ErrorKind.Conflict, $"a leaf of {file.Path} is in another file already");
            }
        }

        return cell;
    }

    /// <summary>True if each of these numbers is here, whatever its hash.</summary>
    public bool Covers(Incarnation incarnation, OrdinalRange ordinals)
    {
        long next = ordinals.First.Value;
        foreach (StoredFile file in Overlapping(incarnation, ordinals))
        {
            if (file.First.Value > next) return false;
            next = Math.Max(next, file.Last.Value + 1);
        }

        return next > ordinals.Last.Value;
    }

    /// <summary>The files all of whose leaves are in a run.</summary>
    public IEnumerable<StoredFile> ReplacedBy(Incarnation incarnation, LeafRun run) =>
        Overlapping(incarnation, run.Ordinals).Where(file => run.Contains(file.Run));

    /// <summary>This cell without a file that is in it.</summary>
    public CellLeaves Without(StoredFile file) =>
        new(Cell, Files.Remove(file), Digest - DigestOf(file));

    private static LeafDigest DigestOf(StoredFile file) => LeafDigest.Of(file.Leaves);

    private static int Compare(StoredFile a, StoredFile b)
    {
        int order = a.Incarnation.CompareTo(b.Incarnation);
        if (order == 0) order = a.First.CompareTo(b.First);
        return order != 0 ? order : a.Hash.CompareTo(b.Hash);
    }

    // Where nothing is forked one file at most has that number, and it is the last that begins before.
    private IEnumerable<StoredFile> FilesOf(Incarnation incarnation, Ordinal ordinal)
    {
        if (_hasForks)
        {
            return Files.Where(file => file.Incarnation == incarnation && file.Has(ordinal));
        }

        int low = 0;
        int high = Files.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            StoredFile file = Files[middle];
            int order = file.Incarnation.CompareTo(incarnation);
            if (order == 0) order = file.First.CompareTo(ordinal);
            if (order <= 0) low = middle + 1;
            else high = middle - 1;
        }

        return high >= 0 && Files[high].Incarnation == incarnation && Files[high].Has(ordinal)
            ? [Files[high]] : [];
    }
}
