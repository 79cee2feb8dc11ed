using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;

namespace TsDb.Replication.Repair;

/// <summary>
/// Gets the bytes of a leaf from another node: its own file, or the one that it was merged into there. They
/// are believed only after they were verified.
/// </summary>
public sealed class LeafFetcher(IPeerLink peers, long shipmentBytesMax)
{
    private const int PieceBytesLength = 1 << 20;
    private const int AttemptsMax = 3;

    /// <summary>How fast it may fetch; null for as fast as it goes.</summary>
    public FetchPace? Pace { get; init; }

    /// <summary>
    /// All bytes of a leaf. Throws <see cref="ErrorKind.NotFound"/> if the node has not got it (or more bytes
    /// than a shipment may have), <see cref="ErrorKind.Unavailable"/> if it does not answer, or merges its
    /// files faster than they come.
    /// </summary>
    public async Task<TransferredLeaf> FetchAsync(NodeId node, Leaf leaf, CancellationToken ct)
    {
        for (int attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            if (await TryFetchAsync(node, leaf, ct) is { } fetched) return fetched;
        }

        throw new TsDbException(
            ErrorKind.Unavailable, $"the file of leaf {leaf} at {node} changes too often");
    }

    // Null: another file stands for the leaf there than when it began.
    private async Task<TransferredLeaf?> TryFetchAsync(NodeId node, Leaf leaf, CancellationToken ct)
    {
        using MemoryStream bytes = new();
        LeafRun? run = null;
        while (true)
        {
            FilePiece piece = await FetchPieceAsync(node, leaf, bytes.Length, ct);
            if (bytes.Length == 0) run = piece.Run;
            else if (piece.Run?.File != run?.File) return null;
            if (piece.Bytes.IsEmpty) break;
            if (Pace is not null) await Pace.TakeAsync(piece.Bytes.Length, ct);
            if (bytes.Length + piece.Bytes.Length > shipmentBytesMax)
            {
                throw new TsDbException(
                    ErrorKind.NotFound, $"{node} sends more than {shipmentBytesMax} bytes for leaf {leaf}");
            }

            bytes.Write(piece.Bytes.Span);
        }

        ReadOnlyMemory<byte> whole = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        return new TransferredLeaf(leaf, whole.Length, TransferForm.Plain, Dictionary: null, whole)
        {
            Run = run,
        };
    }

    // What has come is not thrown away for one answer that got lost.
    private async Task<FilePiece> FetchPieceAsync(NodeId node, Leaf leaf, long offset, CancellationToken ct)
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
