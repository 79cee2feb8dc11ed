using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <summary>
/// All bytes of a file that stands for a leaf as they travelled, not verified yet.
/// </summary>
/// <param name="Leaf">The leaf that was offered.</param>
/// <param name="BytesLength">Size of its plain file in bytes, as offered.</param>
/// <param name="Form">How the bytes travelled.</param>
/// <param name="Dictionary">The leaf whose plain file is the dictionary; null when there is none.</param>
/// <param name="Bytes">The travelling form.</param>
public sealed record TransferredLeaf(
    Leaf Leaf, long BytesLength, TransferForm Form, ContentHash? Dictionary, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>
    /// For rows: the shipment of the same cell and incarnation that they refer to; null when there is none.
    /// </summary>
    public Ordinal? Reference { get; init; }

    /// <summary>
    /// The file and its leaves as the sender told, where the leaf's own file is not there any more; null for
    /// the leaf's own file.
    /// </summary>
    public LeafRun? Run { get; init; }
}
