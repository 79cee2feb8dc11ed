namespace TsDb.Storage.Shipping;

/// <summary>Where a cut shipment is on its way. Allowed steps: see <see cref="ShipLedger"/>.</summary>
public enum LeafState
{
    /// <summary>
    /// Ordinal and hash are recorded; nothing was offered since the program started or the link came up.
    /// </summary>
    Cut,

    /// <summary>
    /// Offered; the cloud has not said durable. A restart or a lost link returns it to <see cref="Cut"/>.
    /// </summary>
    Offered,

    /// <summary>The cloud said durable: the only good end.</summary>
    Durable,

    /// <summary>
    /// So many nodes refused it that the quorum cannot be reached; offered again at a new epoch.
    /// </summary>
    Quarantined,

    /// <summary>
    /// Its day is below the cloud's horizon, or the rows were dropped here by the operator's rule.
    /// </summary>
    Expired,
}
