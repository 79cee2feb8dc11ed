namespace TsDb.Replication.Shipping;

/// <summary>Orders of transfers; ties are broken by the leaf, so that a run can be repeated.</summary>
internal static class TransferOrder
{
    public static IComparer<Transfer> ByNewness { get; } =
        Comparer<Transfer>.Create((a, b) => a.Leaf.CompareTo(b.Leaf));

    public static IComparer<Transfer> ByOfferTime { get; } = Comparer<Transfer>.Create((a, b) =>
    {
        int order = a.OfferAt.CompareTo(b.OfferAt);
        return order != 0 ? order : a.Leaf.CompareTo(b.Leaf);
    });
}
