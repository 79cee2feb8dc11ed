using TsDb.Model;

namespace TsDb.Replication.Repair;

/// <summary>A leaf in a <see cref="StoredNotice"/>.</summary>
/// <param name="Leaf">The leaf, on the sender's disk.</param>
/// <param name="Counts">False while the sender is recovering its shard: it stores, but is no part of a
/// quorum.</param>
public readonly record struct NoticedLeaf(Leaf Leaf, bool Counts);
