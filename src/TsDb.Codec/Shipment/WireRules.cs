using System.Buffers.Binary;
using System.Collections.Immutable;
using Google.Protobuf;
using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <summary>
/// Translates the small parts that several messages share, and refuses what is out of bounds.
/// </summary>
internal static class WireRules
{
    private const int UuidBytes = 16;

    public static TsDbException Invalid(string what) =>
        new(ErrorKind.Invalid, "shipment message refused: " + what);

    public static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : IMessage<T>
    {
        if (bytes.Length > ShipmentLimits.MessageBytesMax)
            throw Invalid($"{bytes.Length} bytes are more than {ShipmentLimits.MessageBytesMax}");
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new TsDbException(ErrorKind.Invalid, "shipment message refused: " + broken.Message, broken);
        }
    }

    public static void Require(bool condition, string otherwise)
    {
        if (!condition) throw Invalid(otherwise);
    }

    public static void RequireVersion(uint version) => Require(
        version is >= 1 and <= ShipmentLimits.ProtocolVersion,
        $"it is of protocol version {version}, and this program speaks {ShipmentLimits.ProtocolVersion}: "
        + "start a newer one here");

    public static void RequireCount(int count, int max, string what) =>
        Require(count <= max, $"{count} {what} are more than {max}");

    public static ByteString From(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    public static Guid Uuid(ByteString bytes, string what)
    {
        Require(bytes.Length == UuidBytes, $"{what} has {bytes.Length} bytes, not {UuidBytes}");
        return new Guid(bytes.Span, bigEndian: true);
    }

    public static ByteString From(ContentHash hash) => UnsafeByteOperations.UnsafeWrap(hash.ToArray());

    public static ContentHash Hash(ByteString bytes)
    {
        Require(bytes.Length == ContentHash.BytesLength, $"a hash has {bytes.Length} bytes");
        return new ContentHash(bytes.Span);
    }

    public static ByteString From(UInt128 number)
    {
        byte[] bytes = new byte[UuidBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    public static UInt128 Number128(ByteString bytes)
    {
        Require(bytes.Length == UuidBytes, $"a digest has {bytes.Length} bytes, not {UuidBytes}");
        return BinaryPrimitives.ReadUInt128BigEndian(bytes.Span);
    }

    public static P.Header From(MessageHeader header) => new()
    {
        ProtocolVersion = ShipmentLimits.ProtocolVersion,
        ClusterId = header.Cluster is { } cluster ? From(cluster.Value) : ByteString.Empty,
        Epoch = header.Epoch.Value,
    };

    public static MessageHeader Header(P.Header? header, bool clusterNeeded = true)
    {
        if (header is null) throw Invalid("it has no header");
        RequireVersion(header.ProtocolVersion);
        Require(header.Epoch >= 0, $"epoch {header.Epoch} is below 0");
        if (header.ClusterId.IsEmpty && !clusterNeeded)
            return new MessageHeader(null, new Epoch(header.Epoch));
        return new MessageHeader(
            new ClusterId(Uuid(header.ClusterId, "a cluster id")), new Epoch(header.Epoch));
    }

    public static P.Cell From(Cell cell) => new()
    {
        Database = cell.Table.Database,
        Table = cell.Table.Table,
        Edge = cell.Edge.Value,
        Day = cell.Day.Number,
    };

    public static Cell Cell(P.Cell? cell)
    {
        if (cell is null) throw Invalid("a cell is missing");
        Require(
            Day.Of(long.MinValue).Number <= cell.Day && cell.Day <= Day.Of(long.MaxValue).Number,
            $"day {cell.Day}");
        return new Cell(
            new TableId(Name(cell.Database, "a database"), Name(cell.Table, "a table")),
            Edge(cell.Edge),
            new Day(cell.Day));
    }

    public static string Name(string name, string what)
    {
        Require(
            name.Length is > 0 and <= ShipmentLimits.NameCharsMax,
            $"{what} name of {name.Length} characters");
        return name;
    }

    public static EdgeId Edge(string text)
    {
        Require(EdgeId.IsValid(text), "an edge id is not allowed");
        return new EdgeId(text);
    }

    public static NodeId Node(string text)
    {
        Require(NodeId.IsValid(text), "a node id is not allowed");
        return new NodeId(text);
    }

    public static Ordinal OrdinalOf(long value)
    {
        Require(value >= 1, $"ordinal {value} is below 1");
        return new Ordinal(value);
    }

    public static P.Leaf From(Leaf leaf) => new()
    {
        Cell = From(leaf.Cell),
        Incarnation = From(leaf.Incarnation.Value),
        Ordinal = leaf.Ordinal.Value,
        Hash = From(leaf.Hash),
    };

    public static Leaf Leaf(P.Leaf? leaf)
    {
        if (leaf is null) throw Invalid("a leaf is missing");
        return new Leaf(
            Cell(leaf.Cell), IncarnationOf(leaf.Incarnation), OrdinalOf(leaf.Ordinal), Hash(leaf.Hash));
    }

    public static Incarnation IncarnationOf(ByteString bytes) => new(Uuid(bytes, "an incarnation"));

    public static TransferForm Form(P.TransferForm form) => form switch
    {
        P.TransferForm.Plain => TransferForm.Plain,
        P.TransferForm.Zstd => TransferForm.Zstd,
        P.TransferForm.Rows => TransferForm.Rows,
        _ => throw Invalid($"transfer form {(int)form} is not known"),
    };

    public static string Reason(string text) =>
        text.Length <= ShipmentLimits.ReasonCharsMax ? text : text[..ShipmentLimits.ReasonCharsMax];

    public static ImmutableArray<TNoun> All<TWire, TNoun>(
        IReadOnlyCollection<TWire> items, int max, string what, Func<TWire, TNoun> translate)
    {
        RequireCount(items.Count, max, what);
        return [.. items.Select(translate)];
    }
}
