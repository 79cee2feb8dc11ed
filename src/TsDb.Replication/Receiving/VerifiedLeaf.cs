using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>A leaf whose bytes have the leaf's hash and were decoded whole.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Manifest">What the file says of itself; it agrees with the leaf.</param>
/// <param name="Content">The plain file.</param>
public sealed record VerifiedLeaf(Leaf Leaf, SegmentManifest Manifest, ReadOnlyMemory<byte> Content);
