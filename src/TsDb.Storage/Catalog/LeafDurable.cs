using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>The cloud said that a leaf is durable.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Epoch">The cluster's epoch at which the quorum was counted.</param>
public sealed record LeafDurable(Leaf Leaf, Epoch Epoch) : CatalogRecord;
