using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Serving;
using TsDb.Storage.Catalog;

namespace TsDb.Tests.Replication.Serving;

/// <summary>Which cells an edge answers in a fresh query, case by case.</summary>
public sealed class FreshCellsTests
{
    private static readonly Cell Cell = new(new TableId("db", "t"), new EdgeId("E1"), new Day(17_000));
    private static readonly Incarnation Born = new(new Guid("00000000-0000-0000-0000-000000000001"));

    [Fact]
    public void What_is_in_the_cloud_and_nowhere_else_the_cloud_answers()
    {
        Assert.Null(Decide(State(durable: 3), hasHot: false, pinned: 3));
        Assert.Null(FreshCells.Decide(CatalogState.Empty, Cell, hasHot: false, Digest(2)));
    }

    [Fact]
    public void Rows_in_the_buffer_make_the_cell_the_edges() =>
        Assert.Equal("", Decide(State(durable: 3), hasHot: true, pinned: 3));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_leaf_that_the_cloud_had_not_yet_makes_the_cell_the_edges(int pinned) =>
        Assert.Equal("", Decide(State(durable: 3, open: 2), hasHot: false, pinned));

    [Fact]
    public void A_leaf_that_became_durable_since_the_cloud_was_asked_does_so_too() =>
        Assert.Equal("", Decide(State(durable: 30), hasHot: false, pinned: 28));

    [Fact]
    public void A_long_backlog_needs_no_long_search() =>
        Assert.Equal("", Decide(State(durable: 10, open: 500), hasHot: true, pinned: 10));

    [Fact]
    public void Leaves_that_this_edge_does_not_know_leave_the_cell_incomplete() =>
        Assert.Contains(
            "does not hold", Decide(State(durable: 3), hasHot: true, pinned: 4)!, StringComparison.Ordinal);

    [Fact]
    public void What_retention_dropped_here_cannot_be_answered_here()
    {
        CatalogState state = State(durable: 3, presence: LeafPresence.Expired);
        Assert.Null(Decide(state, hasHot: false, pinned: 3));
        Assert.Contains("retention", Decide(state, hasHot: true, pinned: 3)!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(2)]
    public void What_was_cut_anew_the_cloud_may_have_or_lack(int pinned)
    {
        CatalogState state = State(durable: 5);
        LeafDigest cloud = Digest(5);
        foreach (int number in new[] { 3, 4, 5 })
        {
            LeafKey key = LeafKey.Of(Leaf(number));
            state = state with
            {
                Ledger = state.Ledger.SetItem(
                    key, state.Ledger[key] with { SegmentName = null, Presence = LeafPresence.Forked }),
            };
            if (number > pinned) cloud -= LeafDigest.Of([Leaf(number)]);
        }

        Assert.Null(FreshCells.Decide(state, Cell, hasHot: false, cloud));
        Assert.Equal("", FreshCells.Decide(state, Cell, hasHot: true, cloud));
    }

    private static string? Decide(CatalogState state, bool hasHot, int pinned) =>
        FreshCells.Decide(state, Cell, hasHot, Digest(pinned));

    private static LeafDigest Digest(int leaves) => LeafDigest.Of(Enumerable.Range(1, leaves).Select(Leaf));

    private static Leaf Leaf(int number) =>
        new(Cell, Born, new Ordinal(number), ContentHash.Of(BitConverter.GetBytes(number)));

    private static CatalogState State(
        int durable, int open = 0, LeafPresence presence = LeafPresence.Present) =>
        CatalogState.Empty with
        {
            Ledger = Enumerable.Range(1, durable + open).Select(number => new LedgerLeaf(
                    Leaf(number), "file", 1, presence, number <= durable ? new Epoch(1) : null))
                .ToImmutableSortedDictionary(leaf => LeafKey.Of(leaf.Leaf), leaf => leaf),
            OrdinalsLast = CatalogState.Empty.OrdinalsLast.Add((Cell, Born), new Ordinal(durable + open)),
        };
}
