using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The cloud said that the leaf's day is below its horizon: it is never shipped and needs not be.
/// </summary>
/// <param name="Leaf">The leaf.</param>
public sealed record LeafUnwanted(Leaf Leaf) : CatalogRecord;
