using System.Collections.Immutable;

namespace TsDb.Codec.Shipment;

/// <summary>
/// What travels on <c>offer/{shard}/{edge}</c>: one offer, or a bundle of small ones of the same shard.
/// </summary>
/// <param name="Header">Whom it belongs to.</param>
/// <param name="Offers">At least one.</param>
public sealed record OfferMessage(MessageHeader Header, ImmutableArray<Offer> Offers)
{
    /// <summary>How <see cref="Bundle"/> is compressed.</summary>
    public TransferForm BundleForm { get; init; }

    /// <summary>
    /// Travelling forms of the offers that carry no payload of their own, one after the other, compressed
    /// together as <see cref="BundleForm"/> says. Empty: those offers are followed by chunks.
    /// </summary>
    public ReadOnlyMemory<byte> Bundle { get; init; }
}
