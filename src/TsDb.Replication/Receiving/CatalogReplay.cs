using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// The files that a log of the catalog names, while it is read: by leaf, so that a hundred thousand records
/// are read in one pass.
/// </summary>
internal sealed class CatalogReplay
{
    private readonly Dictionary<Leaf, StoredFile> _byLeaf = [];

    /// <summary>The files named so far and not taken out again.</summary>
    public IReadOnlyCollection<StoredFile> Files => [.. _byLeaf.Values.Distinct()];

    /// <summary>The file that stands for a leaf, or null.</summary>
    public StoredFile? Find(Leaf leaf) => _byLeaf.GetValueOrDefault(leaf);

    /// <summary>
    /// A file, in place of those whose leaves it stands for; nothing if another stands for all of its own,
    /// and for more.
    /// </summary>
    public void Put(StoredFile file)
    {
        if (Find(file.LeafAt(0)) is { } larger && larger.LeafCount > file.LeafCount
            && larger.Run.Contains(file.Run)) return;
        foreach (Leaf leaf in file.Leaves)
        {
            if (_byLeaf.TryGetValue(leaf, out StoredFile? before) && !file.Run.Contains(before.Run))
                Remove(leaf);
            _byLeaf[leaf] = file;
        }
    }

    /// <summary>Takes out the file that stands for a leaf, with all its leaves.</summary>
    public void Remove(Leaf leaf)
    {
        if (!_byLeaf.TryGetValue(leaf, out StoredFile? file)) return;
        foreach (Leaf one in file.Leaves) _byLeaf.Remove(one);
    }

    /// <summary>Nothing was named.</summary>
    public void Clear() => _byLeaf.Clear();
}
