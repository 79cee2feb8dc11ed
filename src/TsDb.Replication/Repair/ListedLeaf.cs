using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>A leaf in another node's list.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="BytesLength">Size in bytes of the file that stands for it, alone or with others.</param>
public readonly record struct ListedLeaf(Leaf Leaf, long BytesLength);
