using System.Collections.Immutable;
using CsCheck;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Tests.Codec.Shipment;

/// <summary>Every message comes back as it went, and no bytes from outside do more than be refused.</summary>
public sealed class ShipmentCodecTests
{
    private static readonly EdgeId Edge = new("E-1_x.y");
    private static readonly NodeId Node = new("C1");
    private static readonly Cell Cell = new(new TableId("db", "température"), Edge, new Day(-3));
    private static readonly Incarnation Incarnation = new(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));
    private static readonly ContentHash Hash = ContentHash.Of("x"u8);
    private static readonly Leaf Leaf = new(Cell, Incarnation, new Ordinal(7), Hash);
    private static readonly MessageHeader Header = new(
        new ClusterId(new Guid(9, 9, 9, new byte[8])), new Epoch(4));

    private static readonly EdgeControl.Saying[] Sayings =
    [
        new EdgeControl.Hello(Incarnation, "1.2"),
        new EdgeControl.Reconcile([new CellDigest(Cell, Incarnation, LeafDigest.Of(Leaf), 7)]),
        new EdgeControl.LeafList(Cell, Incarnation, [new LeafEntry(new Ordinal(7), Hash)], IsLast: true),
        new EdgeControl.Confirm([Leaf]),
        new EdgeControl.Superseded([Leaf]),
        new EdgeControl.Lag { LastError = "refused" },
        new EdgeControl.Lag
        {
            OldestNanoseconds = -5, Segments = 2, BytesLength = 900, BytesPerSecond = 7, Eta = TimeSpan.Zero,
            IsPaused = true, Quarantined = 1, Erasures = 4, Revision = 9,
        },
    ];

    private static readonly EdgeAnswer[] Answers =
    [
        new EdgeAnswer.Hello(
            new Guid(5, 5, 5, new byte[8]), Incarnation, HelloVerdict.Refused, "another is live"),
        new EdgeAnswer.Hello(
            new Guid(5, 5, 5, new byte[8]), Incarnation, HelloVerdict.TakeNewIncarnation, "restored")
        {
            Divergence = new Divergence(Cell, new Ordinal(7), new Ordinal(5)),
        },
        new EdgeAnswer.Durable(Hash),
        new EdgeAnswer.Have(Hash),
        new EdgeAnswer.Want(Hash, TransferForm.Zstd, [new WantRange(0, 5), new WantRange(99, 1)]),
        new EdgeAnswer.Later(TimeSpan.FromSeconds(30), Hash, "full"),
        new EdgeAnswer.Later(TimeSpan.FromSeconds(30), null, "busy"),
        new EdgeAnswer.Expired(Hash),
        new EdgeAnswer.Refuse(Hash, "broken", IsFork: true),
        new EdgeAnswer.Missing([Hash]),
        new EdgeAnswer.LeavesWanted(Cell, Incarnation),
    ];

    /// <summary>What an edge may say, each with a name.</summary>
    internal static IEnumerable<(string Name, EdgeControl Control)> SayingsKnown => Sayings
        .Select(said => (said.GetType().Name.ToLowerInvariant(), said))
        .Append(("databases", new EdgeControl.CreateDatabases(["d", "e"])))
        .Where(said => said.said is not EdgeControl.Lag { Segments: 0 })
        .Select(said => (
            said.Item1, new EdgeControl(Header, Edge, new Guid(8, 8, 8, new byte[8]), said.said)));

    /// <summary>What the first program answered.</summary>
    internal static EdgeAnswers AnswersKnown => new(
        Header, Node, [.. Answers.Where(said => said is not EdgeAnswer.Hello { Divergence: not null })]);

    /// <summary>What came later.</summary>
    internal static EdgeAnswers AnswersLater => new(
        Header, Node, [.. Answers.Where(said => said is EdgeAnswer.Hello { Divergence: not null })]);

    internal static Offer OfferKnown => Offer;

    internal static OfferBundle BundleKnown => Bundle;

    internal static ClusterInfo InfoKnown => new()
    {
        Cluster = Header.Cluster!.Value,
        Epoch = Header.Epoch,
        ShardCount = 64,
        ReplicationFactor = 3,
        WriteQuorum = 2,
        Horizons = ImmutableSortedDictionary<string, long>.Empty.Add("db", -7),
        Revision = 4,
        Erasures = Erasures.None.With(new TableId("db", "t"), [new TagCondition("host", ["a", "b"])], -7)
            .With(new TableId("db", "u"), [], 7).Lift(1),
        Databases =
        [
            new DatabaseSettings("db", TimeSpan.FromDays(7), -7)
            {
                Tables = [new TableSettings("t", null, DatabaseSettings.NoHorizon)],
            },
        ],
    };

    private static Offer Offer => new()
    {
        Leaf = Leaf,
        BytesLength = 3,
        ChunkBytes = 4_096,
        Rows = 1,
        Range = new TimeRange(-5, -4),
        TransferBytes = 3,
        Payload = new byte[] { 1, 2, 3 },
    };

    private static OfferBundle Bundle => new(
        Edge,
        Incarnation,
        [
            new BundledLeaf(Cell, new Ordinal(7), new LeafTag(0x0123456789ABCDEF), new Ordinal(5)),
            new BundledLeaf(Cell with { Day = new Day(-3) }, new Ordinal(1), new LeafTag(5), null),
            new BundledLeaf(
                Cell with { Table = new TableId("db", "other") }, new Ordinal(900), new LeafTag(0), null),
        ],
        new byte[] { 1, 2, 3 });

    /// <summary>Messages of every kind as bytes.</summary>
    internal static byte[][] Examples =>
    [
        .. Sayings.Select(s => ShipmentCodec.Encode(new EdgeControl(Header, Edge, default, s))),
        ShipmentCodec.Encode(new EdgeAnswers(Header, Node, [.. Answers])),
        ShipmentCodec.Encode(new OfferMessage(Header, [Offer])),
        ShipmentCodec.Encode(new OfferMessage(Header, []) { Bundle = Bundle }),
        ShipmentCodec.Encode(new Chunk(Hash, TransferForm.Plain, 96, new byte[] { 9, 8 })),
        ShipmentCodec.Encode(new Presence(Edge, default, true)),
    ];

    [Fact]
    public void What_an_edge_says_comes_back()
    {
        foreach (EdgeControl.Saying saying in Sayings)
        {
            EdgeControl said = new(Header, Edge, new Guid(8, 8, 8, new byte[8]), saying);
            AssertSame(said, ShipmentCodec.DecodeEdgeControl(ShipmentCodec.Encode(said)));
        }

        EdgeControl first = new(
            new MessageHeader(null, default), Edge, new Guid(8, 8, 8, new byte[8]), Sayings[0]);
        AssertSame(first, ShipmentCodec.DecodeEdgeControl(ShipmentCodec.Encode(first)));
    }

    [Fact]
    public void A_hello_in_a_newer_protocol_says_who_wants_an_answer_and_nothing_else_is_believed()
    {
        byte[] bytes = ShipmentCodec.Encode(new EdgeControl(Header, Edge, new Guid(8, 8, 8, new byte[8]),
            Sayings[0]));
        Assert.Equal(0x08, bytes[2]);
        bytes[3] = 2;
        EdgeControl newer = ShipmentCodec.DecodeEdgeControl(bytes);
        Assert.Equal((Edge, new Guid(8, 8, 8, new byte[8])), (newer.Edge, newer.Instance));
        Assert.Null(newer.Header.Cluster);
        Assert.Equal(new EdgeControl.NewerHello(Incarnation, 2), newer.Body);
        bytes = ShipmentCodec.Encode(new EdgeControl(Header, Edge, default, Sayings[3]));
        bytes[3] = 2;
        TsDbException error = Assert.Throws<TsDbException>(() => ShipmentCodec.DecodeEdgeControl(bytes));
        Assert.Contains("protocol version 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_cloud_says_comes_back()
    {
        EdgeAnswers answers = new(Header, Node, [.. Answers]);
        EdgeAnswers back = ShipmentCodec.DecodeEdgeAnswers(ShipmentCodec.Encode(answers));
        Assert.Equal((answers.Header, answers.Node), (back.Header, back.Node));
        Assert.Equal(Answers.Select(Text), back.Answers.Select(Text));
        AssertSame(InfoKnown, ShipmentCodec.DecodeClusterInfo(ShipmentCodec.Encode(InfoKnown)));
    }

    [Fact]
    public void Bundles_come_back_and_cost_little_more_than_a_tag_for_each_leaf()
    {
        OfferBundle back = ShipmentCodec.DecodeOffer(
            ShipmentCodec.Encode(new OfferMessage(Header, []) { Bundle = Bundle })).Bundle!;
        Assert.Equal((Edge, Incarnation), (back.Edge, back.Incarnation));
        Assert.Equal(Bundle.Leaves, back.Leaves);
        Assert.Equal(Bundle.Rows.ToArray(), back.Rows.ToArray());
        OfferBundle many = Bundle with
        {
            Leaves =
            [
                .. Enumerable.Range(0, 100).Select(i => new BundledLeaf(
                    Cell with { Day = new Day(15_000 + i) }, new Ordinal(1), new LeafTag((ulong)i), null)),
            ],
        };
        int length = ShipmentCodec.Encode(new OfferMessage(Header, []) { Bundle = many }).Length;
        Assert.InRange(length, 1, (100 * 10) + 120);
        Refused(() => ShipmentCodec.DecodeOffer(
            ShipmentCodec.Encode(new OfferMessage(Header, []) { Bundle = many with { Rows = default } })));
        Refused(() => ShipmentCodec.DecodeOffer(ShipmentCodec.Encode(new OfferMessage(Header, [])
        {
            Bundle = many with { Leaves = [Bundle.Leaves[0] with { Ordinal = new Ordinal(0) }] },
        })));
    }

    [Fact]
    public void Offers_and_chunks_come_back_with_their_bytes()
    {
        OfferMessage back = ShipmentCodec.DecodeOffer(
            ShipmentCodec.Encode(new OfferMessage(Header, [Offer])));
        Assert.Equal((Header, 1), (back.Header, back.Offers.Length));
        Assert.Equal(Offer with { Payload = default }, back.Offers[0] with { Payload = default });
        Assert.Equal(Offer.Payload.ToArray(), back.Offers[0].Payload.ToArray());
        Offer[] bundle =
        [
            Offer with { Form = TransferForm.Rows, Reference = new Ordinal(6), BytesLength =
                900, ChunkBytes = 0 },
            Offer with { Leaf = Leaf with { Cell = Cell with { Day = new Day(5) } }, Rows = 0, Range =
                default },
            Offer with { Leaf = Leaf with { Cell = Cell with { Table = new TableId("db", "other") } } },
            Offer with { Leaf = Leaf with { Incarnation = default } },
        ];
        back = ShipmentCodec.DecodeOffer(ShipmentCodec.Encode(new OfferMessage(Header, [.. bundle])));
        Assert.Equal(
            bundle.Select(o => o with { Payload = default }), back.Offers.Select(o =>
                o with { Payload = default }));

        Chunk chunk = new(Hash, TransferForm.Plain, 96, new byte[] { 9, 8 });
        byte[] bytes = ShipmentCodec.Encode(chunk);
        Chunk backChunk = ShipmentCodec.DecodeChunk(bytes);
        Assert.Equal((chunk.Hash, 96L), (backChunk.Hash, backChunk.Offset));
        Assert.Equal(chunk.Data.ToArray(), backChunk.Data.ToArray());
        bytes[^1] ^= 1;
        Assert.Equal(
            ErrorKind.Invalid, Assert.Throws<TsDbException>(() => ShipmentCodec.DecodeChunk(bytes)).Kind);
    }

    [Fact]
    public void Numbers_out_of_bounds_are_refused()
    {
        Offer[] wrong =
        [
            Offer with { BytesLength = 0 },
            Offer with { BytesLength = long.MaxValue },
            Offer with { TransferBytes = 4 },
            Offer with { ChunkBytes = 0, Payload = default },
            Offer with { ChunkBytes = 1 },
            Offer with { ChunkBytes = int.MaxValue },
            Offer with { Rows = -1 },
            Offer with { Reference = new Ordinal(1) },
            Offer with { Dictionary = Hash },
            Offer with { Leaf = Leaf with { Ordinal = new Ordinal(0) } },
            Offer with { Leaf = Leaf with { Cell = Cell with { Day = new Day(int.MaxValue) } } },
            Offer with { Leaf = Leaf with { Cell = Cell with { Table = new TableId("", "t") } } },
        ];
        foreach (Offer offer in wrong)
        {
            byte[] bytes = ShipmentCodec.Encode(new OfferMessage(Header, [offer]));
            Assert.Equal(
                ErrorKind.Invalid, Assert.Throws<TsDbException>(() => ShipmentCodec.DecodeOffer(bytes)).Kind);
        }
    }

    [Fact]
    public void Random_and_damaged_bytes_are_refused_and_nothing_else_happens()
    {
        byte[][] real = Examples;
        Gen<byte[]> damaged = Gen.Select(Gen.Int[0, real.Length - 1], Gen.Int[0, 10_000], Gen.Byte, (
            which, at, value) =>
        {
            byte[] copy = [.. real[which]];
            copy[at % copy.Length] = value;
            return copy;
        });
        Gen.OneOf(Gen.Byte.Array[0, 200], damaged).Sample(bytes =>
        {
            Refused(() => ShipmentCodec.DecodeEdgeControl(bytes));
            Refused(() => ShipmentCodec.DecodeOffer(bytes));
            Refused(() => ShipmentCodec.DecodeChunk(bytes));
            Refused(() => ShipmentCodec.DecodeEdgeAnswers(bytes));
            Refused(() => ShipmentCodec.DecodeClusterInfo(bytes));
            Refused(() => ShipmentCodec.DecodeEdgeQuery(bytes));
            Refused(() => ShipmentCodec.DecodeEdgeReply(bytes));
            Refused(() => ShipmentCodec.DecodePresence(bytes));
        });
    }

    [Fact]
    public void Topics_and_client_ids_are_read_back_and_others_refused()
    {
        ShipmentTopics topics = new("fleet");
        Assert.Equal("tsdb/v1/fleet/offer/63/E1", topics.Offer(new ShardId(63), new EdgeId("E1")));
        Assert.True(topics.TryParse(topics.Chunk(new ShardId(5), Edge), out ShipmentTopic chunk));
        Assert.Equal(new ShipmentTopic(ShipmentTopicKind.Chunk, new ShardId(5), Edge, default), chunk);
        Assert.True(topics.TryParse(topics.Reply(Node), out ShipmentTopic reply));
        Assert.Equal(Node, reply.Node);
        string[] wrong =
            ["tsdb/v1/other/cluster", "tsdb/v1/fleet/offer/-1/E1", "tsdb/v1/fleet/offer/1/E/1", "x",
            "tsdb/v1/fleet/hello/", "tsdb/v1/fleet/hello/+", "tsdb/v1/fleet/offer/99999999/E1"];
        Assert.All(wrong, topic => Assert.False(topics.TryParse(topic, out _), topic));
        Guid instance = new(3, 3, 3, new byte[8]);
        Assert.True(EdgeClientId.TryParse(EdgeClientId.Of(Edge, instance), out EdgeId edge, out Guid back));
        Assert.Equal((Edge, instance), (edge, back));
        Assert.False(EdgeClientId.TryParse("edge:E1", out _, out _));
        Assert.Throws<TsDbException>(() => new ShipmentTopics("a/b"));
    }

    private static void Refused<T>(Func<T> decode)
    {
        try
        {
            decode();
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.Invalid)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    private static void AssertSame<T>(T expected, T actual) => Assert.Equal(Text(expected!), Text(actual!));

    // Records compare arrays by reference; their text compares them by what is inside.
    private static string Text(object noun) => System.Text.Json.JsonSerializer.Serialize(noun, noun.GetType())
        + (noun is EdgeControl control ? Text(control.Body) : "");
}
