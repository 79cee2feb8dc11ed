using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>Whom a control message belongs to.</summary>
/// <param name="Cluster">The founded cluster; null only in what an edge says before it has met its
/// cluster.</param>
/// <param name="Epoch">The sender's epoch: receivers that know a higher one ignore the message.</param>
public readonly record struct MessageHeader(ClusterId? Cluster, Epoch Epoch);
