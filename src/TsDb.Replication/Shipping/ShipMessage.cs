namespace TsDb.Replication.Shipping;

/// <summary>A message that the uplink has to publish.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Payload">The bytes.</param>
/// <param name="Data"> For an offer or a chunk, what to report once it is with the broker
/// (<see cref="ShipEvent.Sent"/>); null for control messages, which are not counted. </param>
public sealed record ShipMessage(string Topic, byte[] Payload, ShipEvent.Sent? Data)
{
    /// <summary>Bytes of shipments in the payload; the rest is protocol.</summary>
    public long DataBytes { get; init; }
}
