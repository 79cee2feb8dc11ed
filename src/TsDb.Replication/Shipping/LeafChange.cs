using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Replication.Shipping;

/// <summary>Something the cloud said of a leaf that is to be recorded.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="IsNews">Whether it changes what the ledger says.</param>
/// <param name="Record">The record.</param>
internal sealed record LeafChange(Leaf Leaf, Func<LedgerLeaf, bool> IsNews, CatalogRecord Record)
{
    /// <summary>True if the leaf is in the ledger with this hash, and the record is news.</summary>
    public bool Applies(CatalogState state) =>
        state.Ledger.TryGetValue(LeafKey.Of(Leaf), out LedgerLeaf? known)
        && known.Leaf.Hash == Leaf.Hash && IsNews(known);
}
