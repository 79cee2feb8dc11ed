using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// A piece of a shipment on <c>chunk/{shard}/{edge}</c>. The codec makes and checks its CRC-32C.
/// </summary>
/// <param name="Hash">Of the plain file.</param>
/// <param name="Form">Which travelling form the offset counts in.</param>
/// <param name="Offset">Where the piece begins.</param>
/// <param name="Data">The bytes, never empty.</param>
public sealed record Chunk(ContentHash Hash, TransferForm Form, long Offset, ReadOnlyMemory<byte> Data);
