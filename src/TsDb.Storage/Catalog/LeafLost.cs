using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The cloud lost a leaf whose rows were, or will be, cut anew already: it is not durable any more, and
/// stands for nothing.
/// </summary>
/// <param name="Leaf">The leaf.</param>
public sealed record LeafLost(Leaf Leaf) : CatalogRecord;
