using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// Whether an edge is connected; retained on <c>presence/{edge}</c>, offline by the last will.
/// </summary>
/// <param name="Edge">The edge.</param>
/// <param name="Instance">The start of the program that is meant: a will of an older one says nothing of the
/// newer.</param>
/// <param name="IsOnline">True while connected.</param>
public sealed record Presence(EdgeId Edge, Guid Instance, bool IsOnline);
