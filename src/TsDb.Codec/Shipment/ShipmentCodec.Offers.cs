using Google.Protobuf;
using TsDb.Model;
using P = TsDb.Codec.Shipment.Protos;

namespace TsDb.Codec.Shipment;

/// <content>One offer inside its message, which says what the offers have in common.</content>
public static partial class ShipmentCodec
{
    private static P.Offer FromOffer(Offer offer, Leaf common)
    {
        Cell cell = offer.Leaf.Cell;
        bool isOfTable = cell.Table == common.Cell.Table && cell.Edge == common.Cell.Edge;
        bool isSaved = isOfTable && offer.Leaf.Incarnation == common.Incarnation;
        P.Leaf leaf = new() { Ordinal = offer.Leaf.Ordinal.Value, Hash = WireRules.From(offer.Leaf.Hash) };
        if (!isSaved)
            (leaf.Cell, leaf.Incarnation) =
                (WireRules.From(cell), WireRules.From(offer.Leaf.Incarnation.Value));
        return new P.Offer
        {
            Leaf = leaf,
            DayOffset = isSaved ? cell.Day.Number - common.Cell.Day.Number : 0,
            BytesLength = offer.BytesLength,
            ChunkBytes = (uint)offer.ChunkBytes,
            Rows = offer.Rows,
            StartNanoseconds = offer.Range.StartNanoseconds,
            EndNanoseconds = offer.Range.EndNanoseconds,
            Form = (P.TransferForm)offer.Form,
            TransferBytes = offer.Payload.Length == offer.TransferBytes ? 0 : offer.TransferBytes,
            DictionaryHash = offer.Dictionary is { } hash ? WireRules.From(hash) : ByteString.Empty,
            ReferenceOrdinal = offer.Reference?.Value ?? 0,
            Payload = UnsafeByteOperations.UnsafeWrap(offer.Payload),
        };
    }

    private static Offer ToOffer(P.Offer wire, P.Leaf? common)
    {
        TransferForm form = WireRules.Form(wire.Form);
        long transferBytes = wire.TransferBytes == 0 ? wire.Payload.Length : wire.TransferBytes;
        WireRules.Require(
            wire.BytesLength is > 0 and <= ShipmentLimits.ShipmentBytesMax,
            $"a shipment of {wire.BytesLength} bytes");
        WireRules.Require(
            transferBytes is > 0 and <= ShipmentLimits.ShipmentBytesMax,
            $"{transferBytes} bytes to transfer");
        WireRules.Require(
            wire.ChunkBytes is >= ShipmentLimits.ChunkBytesMin and <= ShipmentLimits.ChunkBytesMax
                || (wire.ChunkBytes == 0 && !wire.Payload.IsEmpty),
            $"chunks of {wire.ChunkBytes} bytes");
        WireRules.Require(wire.Rows >= 0, $"a shipment of {wire.Rows} rows");
        bool isTold = wire.StartNanoseconds != 0 || wire.EndNanoseconds != 0;
        WireRules.Require(
            !isTold || wire.StartNanoseconds < wire.EndNanoseconds, "a time range that is empty");
        WireRules.Require(
            form != TransferForm.Plain || transferBytes == wire.BytesLength,
            "a plain transfer whose length is not the file's");
        WireRules.Require(
            form == TransferForm.Zstd || wire.DictionaryHash.IsEmpty, $"a dictionary in form {form}");
        WireRules.Require(
            wire.ReferenceOrdinal == 0 || form == TransferForm.Rows, $"a reference in form {form}");
        WireRules.Require(
            wire.Payload.IsEmpty || wire.Payload.Length == transferBytes,
            $"a payload of {wire.Payload.Length} bytes where {transferBytes} were stated");
        return new Offer
        {
            Leaf = ToLeaf(wire, common),
            BytesLength = wire.BytesLength,
            ChunkBytes = (int)wire.ChunkBytes,
            Rows = wire.Rows,
            Range = isTold ? new TimeRange(wire.StartNanoseconds, wire.EndNanoseconds) : default,
            Form = form,
            TransferBytes = transferBytes,
            Dictionary = wire.DictionaryHash.IsEmpty ? null : WireRules.Hash(wire.DictionaryHash),
            Reference = wire.ReferenceOrdinal == 0 ? null : WireRules.OrdinalOf(wire.ReferenceOrdinal),
            Payload = wire.Payload.Memory,
        };
    }

    private static Leaf ToLeaf(P.Offer wire, P.Leaf? common)
    {
        if (wire.Leaf is not { } leaf) throw WireRules.Invalid("a leaf is missing");
        if (leaf.Cell is not null || common?.Cell is null) return WireRules.Leaf(leaf);
        P.Cell moved = common.Cell.Clone();
        long day = (long)moved.Day + wire.DayOffset;
        WireRules.Require(day is >= int.MinValue and <= int.MaxValue, $"day {day}");
        moved.Day = (int)day;
        return new Leaf(
            WireRules.Cell(moved),
            WireRules.IncarnationOf(common.Incarnation),
            WireRules.OrdinalOf(leaf.Ordinal),
            WireRules.Hash(leaf.Hash));
    }
}
