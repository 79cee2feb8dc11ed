using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Repair;

/// <summary>
/// Gets the bytes of a leaf from another node. They are believed only after they were verified.
/// </summary>
public sealed class LeafFetcher(IPeerLink peers, long shipmentBytesMax)
{
    private const int PieceBytesLength = 1 << 20;

    /// <summary>How fast it may fetch; null for as fast as it goes.</summary>
    public FetchPace? Pace { get; init; }
    private const int AttemptsMax = 3;

    /// <summary>
    /// All bytes of a leaf. Throws <see cref="ErrorKind.NotFound"/> if the node has not got it (or more bytes
    /// than a shipment may have), <see cref="ErrorKind.Unavailable"/> if it does not answer.
    /// </summary>
    public async Task<TransferredLeaf> FetchAsync(NodeId node, Leaf leaf, CancellationToken ct)
    {
        using MemoryStream bytes = new();
        while (true)
        {
            ReadOnlyMemory<byte> piece = await FetchPieceAsync(node, leaf, bytes.Length, ct);
            if (piece.IsEmpty) break;
            if (Pace is not null) await Pace.TakeAsync(piece.Length, ct);
            if (bytes.Length + piece.Length > shipmentBytesMax)
            {
                throw new TsDbException(
                    ErrorKind.NotFound, $"{node} sends more than {shipmentBytesMax} bytes for leaf {leaf}");
            }

            bytes.Write(piece.Span);
        }

        ReadOnlyMemory<byte> whole = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        return new TransferredLeaf(leaf, whole.Length, TransferForm.Plain, Dictionary: null, whole);
    }

    // What has come is not thrown away for one answer that got lost.
    private async Task<ReadOnlyMemory<byte>> FetchPieceAsync(
        NodeId node, Leaf leaf, long offset, CancellationToken ct)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await peers.FetchAsync(node, leaf, offset, PieceBytesLength, ct);
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Unavailable && attempt < AttemptsMax)
            {
                // Asked again from where it broke off.
            }
        }
    }
}
