namespace TsDb.Replication.Shipping;

/// <summary>The connection as the shipper knows it; what an older generation reports is ignored.</summary>
internal sealed record ShipperLink(long Generation, bool IsUp)
{
    public static ShipperLink Down { get; } = new(0, false);
}
