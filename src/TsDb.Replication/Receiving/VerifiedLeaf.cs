using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// A leaf with a file that stands for it, its own or one of several leaves: the bytes have the hash that was
/// told and were decoded whole.
/// </summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Manifest">What the file says of itself; it agrees with the run.</param>
/// <param name="Content">The plain file.</param>
public sealed record VerifiedLeaf(Leaf Leaf, SegmentManifest Manifest, ReadOnlyMemory<byte> Content)
{
    /// <summary>The file's hash and the leaves that it stands for.</summary>
    public LeafRun Run { get => field ?? LeafRun.Of(Leaf); init; }

    /// <summary>Where its file lies.</summary>
    public string Path => StoredFile.PathOf(Leaf.Cell, Leaf.Incarnation, Run.Ordinals, Run.File);
}
