using System.Collections.Immutable;

namespace TsDb.Codec.Shipment;

/// <summary>
/// What travels on <c>offer/{shard}/{edge}</c>: offers of one shard, or a bundle of small shipments with
/// their bytes, or both.
/// </summary>
/// <param name="Header">Whom it belongs to.</param>
/// <param name="Offers">Each by itself; none only where there is a bundle.</param>
public sealed record OfferMessage(MessageHeader Header, ImmutableArray<Offer> Offers)
{
    /// <summary>Small shipments told together; null for none.</summary>
    public OfferBundle? Bundle { get; init; }
}
