using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The cloud has another leaf of this ordinal (the directory was restored from an old copy): the leaf stands
/// for nothing, its file is uncut again, so that its rows are cut anew under an ordinal of their own.
/// </summary>
/// <param name="Leaf">The leaf that lost.</param>
public sealed record LeafForked(Leaf Leaf) : CatalogRecord;
