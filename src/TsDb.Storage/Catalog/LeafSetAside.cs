using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>A leaf was set aside because the cloud refuses it, or is to be offered again.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Aside">Why and when; null if it is to be offered again.</param>
public sealed record LeafSetAside(Leaf Leaf, SetAside? Aside) : CatalogRecord;
