using TsDb.Model;
using TsDb.Storage.Shipping;
using TsDb.Tests.Replication.Shipping;

namespace TsDb.Tests.Storage.Shipping;

/// <summary>States of cut shipments.</summary>
public sealed class ShipLedgerTests
{
    private static readonly ShipLeaf Leaf = ShipperDesk.Leaf(1);
    private static readonly ContentHash Hash = Leaf.Leaf.Hash;

    [Fact]
    public void A_leaf_goes_from_cut_over_offered_to_durable_and_its_end_comes_once()
    {
        ShipLedger ledger = new();
        Assert.True(ledger.Add(Leaf));
        Assert.False(ledger.Add(Leaf));
        ledger.Offer(Hash);
        Assert.Equal(LeafState.Offered, ledger.StateOf(Hash));
        ledger.Withdraw(Hash);
        Assert.Equal(LeafState.Cut, ledger.StateOf(Hash));
        Assert.Equal((1, 1_000L), (ledger.Count, ledger.BytesLength));
        Assert.Equal(Leaf, ledger.End(Hash, LeafState.Durable));
        Assert.Null(ledger.End(Hash, LeafState.Durable));
        Assert.Equal((0, 0L), (ledger.Count, ledger.BytesLength));
    }

    [Fact]
    public void Steps_that_are_not_allowed_are_refused()
    {
        ShipLedger ledger = new();
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<TsDbException>(() => ledger.Offer(Hash)).Kind);
        ledger.Add(Leaf);
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TsDbException>(() => ledger.Requeue(Hash)).Kind);
        ledger.Quarantine(Hash, "broken");
        Assert.Equal(("broken", 1), (ledger.ReasonOf(Hash), ledger.QuarantinedCount));
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TsDbException>(() => ledger.Offer(Hash)).Kind);
        Assert.Equal(
            ErrorKind.Invalid, Assert.Throws<TsDbException>(() => ledger.End(Hash, LeafState.Cut)).Kind);
        ledger.Requeue(Hash);
        Assert.Equal((LeafState.Cut, 0), (ledger.StateOf(Hash), ledger.QuarantinedCount));
    }
}
