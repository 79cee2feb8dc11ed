using System.Collections.Immutable;
using Google.Protobuf;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Raft;
using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Tests.Codec.Shipment;
using TsDb.Tests.Columnar;
using TsDb.Tests.Replication.Receiving;
using ZstdSharp;

namespace TsDb.Tests.Formats;

/// <summary>What edges, brokers and nodes say to each other, one by one.</summary>
internal static class WireFormats
{
    private static readonly TableId Table = new("db", "weather");
    private static readonly ClusterId Cluster = new(new Guid(1, 2, 3, new byte[8]));
    private static readonly MessageHeader Header = new(Cluster, new Epoch(4));

    /// <summary>Field 1000 of a protobuf message: seven bytes of a later program.</summary>
    internal static byte[] UnknownField => [0xC2, 0x3E, 0x07, .. "unknown"u8];

    public static IEnumerable<Format> All =>
    [
        Message("cluster-topic", ShipmentCodecTests.InfoKnown, ShipmentCodec.Encode, b =>
            ShipmentCodec.DecodeClusterInfo(b)),
        .. ShipmentCodecTests.SayingsKnown.Select(said => Message(
            $"edge-{said.Name}", said.Control, ShipmentCodec.Encode, b =>
                ShipmentCodec.DecodeEdgeControl(b))
            with
            {
                // A hello is answered in any version: ShipmentCodecTests.
                Newer = said.Name == "hello" ? [] : [WithVersion(ShipmentCodec.Encode(said.Control), 2)],
            }),
        Message("offer", new OfferMessage(Header, [ShipmentCodecTests.OfferKnown]), ShipmentCodec.Encode, b =>
            ShipmentCodec.DecodeOffer(b)),
        Message(
            "bundle",
            new OfferMessage(Header, []) { Bundle = ShipmentCodecTests.BundleKnown },
            ShipmentCodec.Encode,
            b => ShipmentCodec.DecodeOffer(b)),
        Message(
            "chunk",
            new Chunk(ContentHash.Of("x"u8), TransferForm.Zstd, 96, new byte[] { 9, 8 }),
            ShipmentCodec.Encode,
            b => ShipmentCodec.DecodeChunk(b)),
        Message("answers", ShipmentCodecTests.AnswersKnown, ShipmentCodec.Encode, b =>
            ShipmentCodec.DecodeEdgeAnswers(b)),
        Message("answers-parted", ShipmentCodecTests.AnswersLater, ShipmentCodec.Encode, b =>
            ShipmentCodec.DecodeEdgeAnswers(b)),
        Message(
            "query",
            new EdgeQuery(
                Header, new NodeId("C1"), Cluster.Value, TimeSpan.FromSeconds(2), 1, new byte[] { 5 }),
            ShipmentCodec.Encode,
            b => ShipmentCodec.DecodeEdgeQuery(b)),
        Message(
            "reply",
            new EdgeReply(new EdgeId("E1"), Cluster.Value, 1, true, "why", new byte[] { 5 }),
            ShipmentCodec.Encode,
            b => ShipmentCodec.DecodeEdgeReply(b)),
        Message("presence", new Presence(new EdgeId("E1"), Cluster.Value, true), ShipmentCodec.Encode, b =>
            ShipmentCodec.DecodePresence(b)),
        new("fresh-question", 2, EdgeMessages.Encode(Question(), Cluster), bytes =>
            EdgeMessages.Encode(EdgeMessages.DecodeQuestion(bytes), Cluster))
        {
            Inside = Unpacked, WithMore = Packed([.. Unpacked(EdgeMessages.Encode(Question(), Cluster)),
                .. UnknownField]),
        },
        new("fragment-ticket", 2, Ticket(Fragment()), bytes =>
            Ticket(QueryMessages.Request(FragmentTickets.Decode(bytes)!)))
        {
            Newer =
            [
                DiskFormats.Changed(Ticket(Fragment()), 7, 3),
            ],
            WithMore = [.. Ticket(Fragment()), .. UnknownField],
        },
        new("row-form", RowForm.Version, Rows(), bytes =>
            RowForm.TryEncode(RowForm.Decode(bytes, default, Facts(2)), default)!)
        {
            Newer = [DiskFormats.Changed(Rows(), 0, RowForm.Version + 1)],
        },
        new("row-bundle", RowForm.Version, Bundle(), AgainBundle)
        {
            Newer = [DiskFormats.Changed(Bundle(), 0, RowForm.Version + 1)],
        },
        new("cluster-port", ClusterPreface.Version, Preface(), AgainPreface),
        .. NodeCalls.Select(call => new Format(
            $"node-{call.Name}",
            1,
            call.Message.ToByteArray(),
            bytes => call.Message.Descriptor.Parser.ParseFrom(bytes).ToByteArray())),
    ];

    private static IEnumerable<(string Name, IMessage Message)> NodeCalls =>
    [
        ("heartbeat", new HeartbeatRequest
        {
            ClusterId = Sixteen, Node = "C1", DirectoryId = Sixteen, Epoch = 7, Version = 1,
            UnixMilliseconds = 5,
        }),
        ("stored", new StoredRequest
        {
            From = "C1", ClusterId = Sixteen, Epoch = 7,
            Leaves = { new StoredRequest.Types.Noticed { Leaf = LeafKnown, Counts = true } },
        }),
        ("leaves", new LeavesAnswer
        {
            Leaves = { new LeavesAnswer.Types.One { Leaf = LeafKnown, BytesLength = 900 } },
        }),
        ("fetch", new FetchAnswer
        {
            Data = Sixteen,
            Run = new FetchAnswer.Types.Run { FileHash = Sixteen, FirstOrdinal = 3, LeafHashes = Sixteen },
        }),
    ];

    private static ByteString Sixteen =>
        ByteString.CopyFrom([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);

    private static LeafName LeafKnown => new()
    {
        Cell = new CellName { Database = "db", Table = "t", Edge = "E1", Day = -3 },
        Incarnation = Sixteen, Ordinal = 7, Hash = Sixteen,
    };

    /// <summary>A shipment message: the version is in its header, or its first field.</summary>
    private static Format Message<T>(string name, T known, Func<T, byte[]> encode, Func<byte[], T> decode)
    {
        byte[] bytes = encode(known);
        return new Format(name, ShipmentLimits.ProtocolVersion, bytes, read => encode(decode(read)))
        {
            Newer = [WithVersion(bytes, ShipmentLimits.ProtocolVersion + 1)],
            WithMore = [.. bytes, .. UnknownField],
        };
    }

    // Both begin with it: field 1, either the number itself or a header whose own field 1 it is.
    private static byte[] WithVersion(byte[] bytes, byte version) =>
        DiskFormats.Changed(bytes, bytes[0] == 0x08 ? 1 : 3, version);

    /// <summary>A question to a node that has something of everything.</summary>
    internal static FragmentRequest Fragment() => new()
    {
        Fragment = Question().Fragment!,
        ShardCount = 64,
        Shards = [new ShardId(3), new ShardId(9)],
        Except = [new Cell(Table, new EdgeId("E1"), new Day(7))],
        AtLeast = CatalogVersion.None,
        Limits = new SqlLimits(),
        Erasures = 2,
    };

    /// <summary>Likewise to an edge.</summary>
    internal static FreshQuestion Question() => new()
    {
        Table = Table,
        ColumnsHash = 7,
        Erasures = 2,
        Fragment = new PlannedFragment
        {
            ResultName = "r",
            Sql = "SELECT count(*) FROM points",
            RelationName = "points",
            Table = new ResolvedTable(
                Table, [new ResolvedColumn("v", "v", ColumnRole.Field, ResolvedType.Double)]),
            Scope = new ScanScope(new TimeRange(-5, 7), new HashSet<EdgeId> { new("E1") }, null),
        },
        Pinned = ImmutableSortedDictionary<Day, LeafDigest>.Empty.Add(new Day(-3), new LeafDigest(4, 99)),
        Limits = new SqlLimits(),
    };

    private static SegmentFacts Facts(long ordinal) => SegmentTests.Facts with
    {
        Ordinals = new OrdinalRange(new Ordinal(ordinal), new Ordinal(ordinal)),
    };

    private static byte[] File(long ordinal, int rows)
    {
        using MemoryStream file = new();
        SegmentWriter.Write(
            KeyMerge.Merge(ModelBatches.Table, [Fuzz.SegmentFuzz.Batch(rows)]), Facts(ordinal), file);
        return file.ToArray();
    }

    private static byte[] Rows() => RowForm.TryEncode(File(2, 12), default)!;

    private static byte[] Bundle() =>
        RowBundle.TryEncode([(File(2, 12), default(ReadOnlyMemory<byte>)), (File(3, 4), default)])!;

    private static byte[] AgainBundle(byte[] bytes) => RowBundle.TryEncode(
    [
        .. RowBundle.Decode(
            bytes, [(Facts(2), default(ReadOnlyMemory<byte>)), (Facts(3), default)])
            .Select(file => (file, default(ReadOnlyMemory<byte>))),
    ])!;

    private static byte[] Ticket(FragmentRequest request) =>
        FragmentTickets.Encode(QueryMessages.Ticket(request, Cluster));

    private static byte[] Preface()
    {
        using MemoryStream said = new();
        TalkFrame.WriteAsync<TalkRequest>(
            said,
            new TalkRequest.Join(Shipments.Member(4), Cluster.Value, IsForwarded: true),
            CancellationToken.None).GetAwaiter().GetResult();
        byte[] address = [.. "n1:7070"u8];
        return
        [
            .. "TSDBCLUS"u8, ClusterPreface.Version, (byte)ClusterPurpose.Talk,
            .. Cluster.Value.ToByteArray(bigEndian: true), .. Cluster.Value.ToByteArray(bigEndian: true),
            (byte)address.Length, .. address, .. said.ToArray(),
        ];
    }

    private static byte[] AgainPreface(byte[] bytes)
    {
        using MemoryStream heard = new(bytes);
        ClusterPreface preface = ClusterPreface.Read(heard)!;
        TalkRequest request =
            TalkFrame.ReadAsync<TalkRequest>(heard, CancellationToken.None).GetAwaiter().GetResult();
        Assert.Equal(
            new ClusterPreface(ClusterPurpose.Talk, Cluster, Cluster.Value, "n1:7070"), preface);
        Assert.Equal(new TalkRequest.Join(Shipments.Member(4), Cluster.Value, IsForwarded: true), request);
        return Preface();
    }

    private static byte[] Packed(byte[] bytes)
    {
        using Compressor zstd = new(1);
        return zstd.Wrap(bytes).ToArray();
    }

    private static byte[] Unpacked(byte[] bytes)
    {
        using Decompressor zstd = new();
        return zstd.Unwrap(bytes).ToArray();
    }
}
