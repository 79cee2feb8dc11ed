using TsDb.Model;
using TsDb.Storage.Catalog;

namespace TsDb.Tests.Storage;

public sealed class CatalogTests
{
    private static readonly Cell Cell = new(new TableId("d b", "tä\"ble"), new EdgeId("E.1"), new Day(-3));
    private static readonly Incarnation One = new(new Guid(1, 2, 3, new byte[8]));

    /// <summary>One record of each kind, each following the one before.</summary>
    internal static CatalogRecord[] Examples =>
    [
        Sealed("a", "b"),
        new LeafCut(Leaf(1), Segment("c", 2, 1), ["a", "b"])
        {
            CutAt = DateTimeOffset.UnixEpoch.AddMilliseconds(1_700_000_000_123),
        },
        new LeafDurable(Leaf(1), new Epoch(7)),
        new SegmentsCompacted(Segment("d", 2, 1), ["c"]),
        new LeafSetAside(Leaf(1), new SetAside("the hash is wrong", new Epoch(3))),
        new LeafSetAside(Leaf(1), null),
        new ChangesTogether([new LeafDurable(Leaf(1), new Epoch(8)), new LeafUnwanted(Leaf(1))]),
        new SegmentsExpired(["d"]),
        new LedgerKnown([new LedgerLeaf(Leaf(9), null, 5, LeafPresence.Erased, new Epoch(2))]),
        Sealed("x"),
        new LeafCut(Leaf(10), Segment("y", 5, 10), ["x"]),
        new LeafDurable(Leaf(10), new Epoch(3)),
        Sealed("z"),
        new LeafCut(Leaf(11), Segment("z", 6, 11), ["z"]),
        new LeafDurable(Leaf(11), new Epoch(3)),
        new SegmentsCompacted(Segment("r", 6, 10, 11), ["y", "z"]),
        new SegmentUncut("r", Leaf(10)),
        new LeafCut(Leaf(12), Segment("s", 6, 12), ["r"]),
        new LeafLost(Leaf(11)),
    ];

    [Fact]
    public void Every_record_survives_its_bytes()
    {
        CatalogState direct = CatalogState.Empty;
        CatalogState decoded = CatalogState.Empty;
        foreach (CatalogRecord record in Examples)
        {
            direct = direct.Apply(record);
            decoded = decoded.Apply(CatalogCodec.Decode(CatalogCodec.Encode(record)));
            Assert.Equal(Text(direct), Text(decoded));
            CatalogState rewritten = CatalogFile.Snapshot(direct)
                .Select(r => CatalogCodec.Decode(CatalogCodec.Encode(r)))
                .Aggregate(CatalogState.Empty, (state, r) => state.Apply(r));
            Assert.Equal(Text(direct), Text(rewritten));
        }

        Assert.Equal(new Ordinal(13), direct.OrdinalNext(Cell, One));
        Assert.Equal(LeafPresence.Expired, direct.Ledger[LeafKey.Of(Leaf(1))].Presence);
    }

    [Fact]
    public void A_run_that_is_cut_anew_stands_for_each_of_its_leaves_and_the_cloud_owes_only_what_it_lost()
    {
        CatalogState state = CatalogState.Empty;
        foreach (CatalogRecord record in Examples.TakeWhile(record => record is not LeafLost))
            state = state.Apply(record);
        Assert.Equal("s", state.SupersederOf(Leaf(10))?.Name);
        Assert.Equal("s", state.SupersederOf(Leaf(11))?.Name);
        Assert.Null(state.SupersederOf(Leaf(12)));
        Assert.Null(state.Ledger[LeafKey.Of(Leaf(10))].DurableAt);
        Assert.NotNull(state.Ledger[LeafKey.Of(Leaf(11))].DurableAt);
        Assert.Null(state.Apply(new LeafLost(Leaf(11))).Ledger[LeafKey.Of(Leaf(11))].DurableAt);
        CatalogState compacted = state.Apply(new LeafDurable(Leaf(12), new Epoch(4)))
            .Apply(new SegmentsCompacted(Segment("t", 6, 12), ["s"]));
        Assert.Equal("t", compacted.SupersederOf(Leaf(10))?.Name);
    }

    [Fact]
    public void Records_that_do_not_follow_are_refused()
    {
        CatalogState state = CatalogState.Empty.Apply(Sealed("a", "b"));
        Refused(state, new LeafCut(Leaf(2), Segment("c", 2, 2), ["a"]));
        Refused(state, new LeafCut(Leaf(1), Segment("c", 2, 1), ["x"]));
        Refused(state, new LeafDurable(Leaf(1), new Epoch(1)));
        Refused(state, new SegmentsExpired(["x"]));
        Refused(state, Sealed("a"));
        CatalogState cut = state.Apply(new LeafCut(Leaf(1), Segment("a", 1, 1), ["a"]));
        Refused(cut, new LeafCut(Leaf(2), Segment("c", 2, 2), ["a"]));
        Assert.True(cut.Segments["a"].IsCut);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"v\":1,\"kind\":\"sealed\",\"covered\":5,\"segments\":[],\"schemas\":[{\"db\":\"d\","
        + "\"table\":\"t\",\"tags\":[],\"fields\":[[]]}]}")]
    [InlineData("{\"v\":1,\"kind\":\"expired\",\"names\":[null]}")]
    [InlineData("{\"v\":1,\"kind\":\"durable\",\"leaf\":{},\"epoch\":\"x\"}")]
    public void Bytes_that_are_no_record_are_corrupt(string text) => Assert.Equal(
        ErrorKind.Corrupt,
        Assert.Throws<TsDbException>(
            () => CatalogCodec.Decode(System.Text.Encoding.UTF8.GetBytes(text))).Kind);

    [Theory]
    [InlineData("{\"v\":2,\"kind\":\"expired\",\"names\":[]}")]
    [InlineData("{\"v\":1,\"kind\":\"unheard\"}")]
    public void Records_of_a_newer_program_are_refused_and_no_damage(string text) => Assert.Equal(
        ErrorKind.Invalid,
        Assert.Throws<TsDbException>(
            () => CatalogCodec.Decode(System.Text.Encoding.UTF8.GetBytes(text))).Kind);

    private static void Refused(CatalogState state, CatalogRecord record) =>
        Assert.Equal(ErrorKind.Conflict, Assert.Throws<TsDbException>(() => state.Apply(record)).Kind);

    private static SegmentsSealed Sealed(params string[] names) => new(
        new CommitSequence(ulong.MaxValue),
        [.. names.Select((name, at) => Segment(name, at + 1, 1))],
        [TableSchema.Empty(Cell.Table).With(
        [
            new Column(
                "tag", ColumnRole.Tag, FieldType.String), new Column("f", ColumnRole.Field, FieldType.UInt64),
        ])]);

    private static StoredSegment Segment(string name, long rank, long ordinal, long? last = null) => new(
        name,
        100 + rank,
        new SegmentManifest
        {
            Cell = Cell,
            Incarnation = One,
            Ordinals = new OrdinalRange(new Ordinal(ordinal), new Ordinal(last ?? ordinal)),
            Range = Cell.Day.Range,
            Rows = 3,
            SeriesCount = 2,
            Tags = [new Column("tag", ColumnRole.Tag, FieldType.String)],
            Fields = [new Column("f", ColumnRole.Field, FieldType.UInt64), new Column(
                "dec", ColumnRole.Field, FieldType.Float64)],
            DecimalScales = System.Collections.Immutable.ImmutableSortedDictionary<string, int>.Empty.Add(
                "dec", 2),
        },
        rank,
        false);

    private static Leaf Leaf(long ordinal) =>
        new(Cell, One, new Ordinal(ordinal), ContentHash.Of([(byte)ordinal]));

    // Records compare by reference inside their lists, so states are compared by what they would write.
    private static string Text(CatalogState state) => string.Join(
        '\n', CatalogFile.Snapshot(state)
            .Select(record => System.Text.Encoding.UTF8.GetString(CatalogCodec.Encode(record))))
        + state.SegmentBytes + string.Join(
            ',', state.Cells.Values.SelectMany(cell => cell).Select(s => s.Name));
}
