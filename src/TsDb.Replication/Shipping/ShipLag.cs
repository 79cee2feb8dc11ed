namespace TsDb.Replication.Shipping;

/// <summary>What lies here and is not durable in the cloud yet.</summary>
/// <param name="SegmentsPending">Segment files, those included that are not cut yet.</param>
/// <param name="BytesPending">Their bytes.</param>
/// <param name="OldestUnshippedNanoseconds">The earliest time of their rows; null if there are none.</param>
/// <param name="Eta">When all of it would be durable at the present rate; null if nothing moves.</param>
/// <param name="Uplink">The state of the connection and the last error.</param>
public sealed record ShipLag(
    long SegmentsPending, long BytesPending, long? OldestUnshippedNanoseconds, TimeSpan? Eta, ShipStatus Uplink);
