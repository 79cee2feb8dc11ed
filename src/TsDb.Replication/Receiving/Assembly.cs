using System.Collections.Immutable;
using TsDb.Codec.Shipment;

namespace TsDb.Replication.Receiving;

/// <summary>A shipment that comes in pieces.</summary>
internal sealed class Assembly(Offer offer, DateTimeOffset now)
{
    private readonly RangeSet _received = new(offer.TransferBytes);
    private byte[]? _bytes;

    /// <summary>The offer that announced it.</summary>
    public Offer Offer { get; } = offer;

    /// <summary>When something new came, or was asked for.</summary>
    public DateTimeOffset MovedAt { get; private set; } = now;

    /// <summary>How often missing bytes were asked for since something new came.</summary>
    public int Wants { get; private set; }

    /// <summary>True if every byte is there.</summary>
    public bool IsWhole => _received.IsWhole;

    /// <summary>All bytes, once whole.</summary>
    public TransferredLeaf Transferred =>
        new(Offer.Leaf, Offer.BytesLength, Offer.Form, Offer.Dictionary, _bytes) { Reference =
            Offer.Reference };

    /// <summary>True if the other offer sends the same bytes, perhaps in other pieces.</summary>
    public bool IsOf(Offer other) =>
        other.Leaf == Offer.Leaf && other.Form == Offer.Form && other.TransferBytes == Offer.TransferBytes
        && other.Dictionary == Offer.Dictionary && other.Reference == Offer.Reference;

    /// <summary>Takes a piece; false if it is not one of this shipment.</summary>
    public bool Add(Chunk chunk, DateTimeOffset at)
    {
        bool fits = chunk.Form == Offer.Form && chunk.Offset >= 0 && !chunk.Data.IsEmpty
            && chunk.Offset <= Offer.TransferBytes - chunk.Data.Length;
        if (!fits) return false;
        if (!_received.Add(chunk.Offset, chunk.Data.Length)) return true;
        _bytes ??= GC.AllocateUninitializedArray<byte>((int)Offer.TransferBytes);
        chunk.Data.Span.CopyTo(_bytes.AsSpan((int)chunk.Offset));
        (MovedAt, Wants) = (at, 0);
        return true;
    }

    /// <summary>What to ask for now.</summary>
    public EdgeAnswer.Want Want(DateTimeOffset at)
    {
        (MovedAt, Wants) = (at, Wants + 1);
        ImmutableArray<WantRange> missing = _received.Missing(ShipmentLimits.RangesMax);
        return new EdgeAnswer.Want(Offer.Leaf.Hash, Offer.Form, missing);
    }
}
