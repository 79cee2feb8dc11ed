using System.Collections.Immutable;
using Google.Protobuf;
using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <summary>
/// Shipment messages to bytes and back (Protos/shipment.proto). Every Decode throws
/// <see cref="ErrorKind.Invalid"/> for bytes that are no such message, or whose lengths and numbers are out
/// of <see cref="ShipmentLimits"/>: then nothing of the message may be used.
/// </summary>
public static partial class ShipmentCodec
{
    /// <summary>Bytes of what an edge says of itself.</summary>
    public static byte[] Encode(EdgeControl control)
    {
        P.EdgeControl wire = new()
        {
            Header = WireRules.From(control.Header),
            Edge = control.Edge.Value,
            Instance = WireRules.From(control.Instance),
        };
        switch (control.Body)
        {
            case EdgeControl.Hello hello:
                wire.Hello = new P.Hello
                {
                    Incarnation = WireRules.From(hello.Incarnation.Value),
                    ProgramVersion = WireRules.Reason(hello.ProgramVersion),
                };
                break;
            case EdgeControl.Reconcile reconcile:
                wire.Reconcile = new P.Reconcile();
                wire.Reconcile.Cells.AddRange(reconcile.Cells.Select(FromDigest));
                break;
            case EdgeControl.LeafList list:
                wire.LeafList = FromLeafList(list);
                break;
            case EdgeControl.Confirm confirm:
                wire.Confirm = new P.Confirm();
                wire.Confirm.Leaves.AddRange(confirm.Leaves.Select(WireRules.From));
                break;
            case EdgeControl.Lag lag:
                wire.Lag = FromLag(lag);
                break;
            case EdgeControl.CreateDatabases create:
                wire.CreateDatabases = new P.CreateDatabases();
                wire.CreateDatabases.Names.AddRange(create.Names);
                break;
            case EdgeControl.Superseded superseded:
                wire.Superseded = new P.Superseded();
                wire.Superseded.Leaves.AddRange(superseded.Leaves.Select(WireRules.From));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(control.Body.ToString());
        }

        return wire.ToByteArray();
    }

    /// <summary>
    /// What an edge says of itself; of a hello in a newer protocol, that it is one, so that it can be
    /// answered.
    /// </summary>
    public static EdgeControl DecodeEdgeControl(ReadOnlySpan<byte> bytes)
    {
        P.EdgeControl wire = WireRules.Parse(P.EdgeControl.Parser, bytes);
        if (wire.Header?.ProtocolVersion > ShipmentLimits.ProtocolVersion && wire.Hello is { } newer)
        {
            return new EdgeControl(
                default,
                WireRules.Edge(wire.Edge),
                WireRules.Uuid(wire.Instance, "an instance"),
                new EdgeControl.NewerHello(
                    WireRules.IncarnationOf(newer.Incarnation), wire.Header.ProtocolVersion));
        }

        MessageHeader header = WireRules.Header(wire.Header, clusterNeeded: false);
        EdgeControl.Saying body = wire.BodyCase switch
        {
            P.EdgeControl.BodyOneofCase.Hello => new EdgeControl.Hello(
                WireRules.IncarnationOf(wire.Hello.Incarnation), WireRules.Reason(wire.Hello.ProgramVersion)),
            P.EdgeControl.BodyOneofCase.Reconcile => new EdgeControl.Reconcile(
                WireRules.All(wire.Reconcile.Cells, ShipmentLimits.ItemsMax, "digests", ToDigest)),
            P.EdgeControl.BodyOneofCase.LeafList => ToLeafList(wire.LeafList),
            P.EdgeControl.BodyOneofCase.Confirm => new EdgeControl.Confirm(
                WireRules.All(wire.Confirm.Leaves, ShipmentLimits.ItemsMax, "leaves", WireRules.Leaf)),
            P.EdgeControl.BodyOneofCase.Lag => ToLag(wire.Lag),
            P.EdgeControl.BodyOneofCase.CreateDatabases => new EdgeControl.CreateDatabases(WireRules.All(
                wire.CreateDatabases.Names, ShipmentLimits.ItemsMax, "databases",
                name => WireRules.Name(name, "a database"))),
            P.EdgeControl.BodyOneofCase.Superseded => new EdgeControl.Superseded(WireRules.All(
                wire.Superseded.Leaves, ShipmentLimits.ItemsMax, "leaves", WireRules.Leaf)),
            _ => throw WireRules.Invalid("an edge says nothing in it that is understood here"),
        };
        WireRules.Require(
            body is EdgeControl.Hello || header.Cluster is not null,
            "only a hello may leave out the cluster id");
        return new EdgeControl(
            header, WireRules.Edge(wire.Edge), WireRules.Uuid(wire.Instance, "an instance"), body);
    }

    /// <summary>Bytes of one offer or a bundle.</summary>
    public static byte[] Encode(OfferMessage message)
    {
        P.OfferMessage wire = new() { Header = WireRules.From(message.Header) };
        if (message.Bundle is { } bundle) wire.Bundle = FromBundle(bundle);
        if (message.Offers.IsEmpty) return wire.ToByteArray();
        Leaf common = message.Offers[0].Leaf;
        wire.Common = new P.Leaf
        {
            Cell = WireRules.From(common.Cell),
            Incarnation = WireRules.From(common.Incarnation.Value),
        };
        wire.Offers.AddRange(message.Offers.Select(offer => FromOffer(offer, common)));
        return wire.ToByteArray();
    }

    /// <summary>One offer or a bundle.</summary>
    public static OfferMessage DecodeOffer(ReadOnlySpan<byte> bytes)
    {
        P.OfferMessage wire = WireRules.Parse(P.OfferMessage.Parser, bytes);
        MessageHeader header = WireRules.Header(wire.Header);
        ImmutableArray<Offer> offers = WireRules.All(
            wire.Offers, ShipmentLimits.OffersMax, "offers", offer => ToOffer(offer, wire.Common));
        WireRules.Require(offers.Length > 0 || wire.Bundle is not null, "it offers nothing");
        return new OfferMessage(header, offers)
        {
            Bundle = wire.Bundle is null ? null : ToBundle(wire.Bundle),
        };
    }

    /// <summary>Bytes of a chunk, with its CRC-32C.</summary>
    public static byte[] Encode(Chunk chunk) => new P.Chunk
    {
        ProtocolVersion = ShipmentLimits.ProtocolVersion,
        Hash = WireRules.From(chunk.Hash),
        Form = (P.TransferForm)chunk.Form,
        Offset = chunk.Offset,
        Crc32C = Crc32C.Of(chunk.Data.Span),
        Data = UnsafeByteOperations.UnsafeWrap(chunk.Data),
    }.ToByteArray();

    /// <summary>A chunk whose CRC-32C is right.</summary>
    public static Chunk DecodeChunk(ReadOnlySpan<byte> bytes)
    {
        P.Chunk wire = WireRules.Parse(P.Chunk.Parser, bytes);
        WireRules.RequireVersion(wire.ProtocolVersion);
        WireRules.Require(
            wire.Data.Length is > 0 and <= ShipmentLimits.ChunkBytesMax,
            $"a chunk of {wire.Data.Length} bytes");
        WireRules.Require(
            wire.Offset >= 0 && wire.Offset <= ShipmentLimits.ShipmentBytesMax - wire.Data.Length,
            $"a chunk at offset {wire.Offset}");
        WireRules.Require(Crc32C.Of(wire.Data.Span) == wire.Crc32C, "a chunk's bytes do not have its CRC");
        return new Chunk(WireRules.Hash(wire.Hash), WireRules.Form(wire.Form), wire.Offset, wire.Data.Memory);
    }

    private static P.CellDigest FromDigest(CellDigest digest) => new()
    {
        Cell = WireRules.From(digest.Cell),
        Incarnation = WireRules.From(digest.Incarnation.Value),
        LeafCount = digest.Digest.Count,
        OrdinalMax = digest.OrdinalMax,
        DigestSum = WireRules.From(digest.Digest.Sum),
    };

    private static CellDigest ToDigest(P.CellDigest wire)
    {
        WireRules.Require(wire.LeafCount >= 0 && wire.OrdinalMax >= 0, "a digest with negative numbers");
        return new CellDigest(
            WireRules.Cell(wire.Cell),
            WireRules.IncarnationOf(wire.Incarnation),
            new LeafDigest(wire.LeafCount, WireRules.Number128(wire.DigestSum)),
            wire.OrdinalMax);
    }

    private static P.Lag FromLag(EdgeControl.Lag lag) => new()
    {
        OldestNanoseconds = lag.OldestNanoseconds ?? 0,
        Segments = lag.Segments,
        Bytes = lag.BytesLength,
        BytesPerSecond = lag.BytesPerSecond,
        EtaSecondsPlusOne =
            lag.Eta is { } eta ? (uint)Math.Clamp(Math.Ceiling(eta.TotalSeconds) + 1, 1, uint.MaxValue) : 0,
        Paused = lag.IsPaused,
        Quarantined = (uint)Math.Max(0, lag.Quarantined),
        LastError = WireRules.Reason(lag.LastError),
        Erasures = lag.Erasures,
        Revision = lag.Revision,
        FilesToPurgePlusOne = lag.FilesToPurge is { } left ? left + 1 : 0,
    };

    private static EdgeControl.Lag ToLag(P.Lag wire) => new()
    {
        OldestNanoseconds = wire.OldestNanoseconds == 0 ? null : wire.OldestNanoseconds,
        Segments = wire.Segments,
        BytesLength = wire.Bytes,
        BytesPerSecond = wire.BytesPerSecond,
        Eta = wire.EtaSecondsPlusOne == 0 ? null : TimeSpan.FromSeconds(wire.EtaSecondsPlusOne - 1),
        IsPaused = wire.Paused,
        Quarantined = (int)Math.Min(wire.Quarantined, int.MaxValue),
        LastError = WireRules.Reason(wire.LastError),
        Erasures = wire.Erasures,
        Revision = wire.Revision,
        FilesToPurge = wire.FilesToPurgePlusOne > 0 ? wire.FilesToPurgePlusOne - 1 : null,
    };

    private static P.LeafList FromLeafList(EdgeControl.LeafList list)
    {
        P.LeafList wire = new()
        {
            Cell = WireRules.From(list.Cell),
            Incarnation = WireRules.From(list.Incarnation.Value),
            Last = list.IsLast,
        };
        wire.Leaves.AddRange(list.Leaves.Select(l => new P.LeafEntry
        {
            Ordinal = l.Ordinal.Value,
            Hash = WireRules.From(l.Hash),
        }));
        return wire;
    }

    private static EdgeControl.LeafList ToLeafList(P.LeafList wire) => new(
        WireRules.Cell(wire.Cell),
        WireRules.IncarnationOf(wire.Incarnation),
        WireRules.All(
            wire.Leaves,
            ShipmentLimits.ItemsMax,
            "leaves",
            l => new LeafEntry(WireRules.OrdinalOf(l.Ordinal), WireRules.Hash(l.Hash))),
        wire.Last);
}
