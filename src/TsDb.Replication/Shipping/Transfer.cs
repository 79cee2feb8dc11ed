using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// One shipment on its way: what is still to send, who refused it, when it is offered again.
/// </summary>
internal sealed class Transfer(ShipLeaf leaf, ShardId shard, int pieceBytes)
{
    private readonly SortedSet<int> _toSend = [];

    // When a piece reached the broker; the end of time while it is on its way there.
    private readonly Dictionary<int, DateTimeOffset> _arrivedAt = [];

    public ShipLeaf Leaf { get; } = leaf;

    public ShardId Shard { get; } = shard;

    /// <summary>
    /// Fixed for the life of the transfer, so that offsets stay multiples of it; a chunk is some of them.
    /// </summary>
    public int PieceBytes { get; } = pieceBytes;

    /// <summary>How it travels.</summary>
    public TravelForm Form { get; set; } = TravelForm.Plain(leaf.BytesLength);

    /// <summary>False until it is known how it travels: nothing is sent before.</summary>
    public bool IsPrepared { get; set; }

    /// <summary>Offers made without an answer since the last sign of progress.</summary>
    public int Attempts { get; set; }

    /// <summary>When it is offered (again); kept in the shipper's order of waiting.</summary>
    public DateTimeOffset OfferAt { get; set; }

    /// <summary>True while it counts against the limit of transfers; not so in a longer back-off.</summary>
    public bool IsActive { get; set; }

    /// <summary>When it was offered last.</summary>
    public DateTimeOffset OfferedAt { get; set; }

    /// <summary>A later that must be respected: not offered again before it.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>True while it is to be offered as soon as there is room, whatever else happens.</summary>
    public bool IsUrgent { get; set; }

    /// <summary>Messages of it that are on their way to the broker.</summary>
    public int InFlight { get; set; }

    public SortedDictionary<NodeId, string> Refusals { get; } = [];

    public SortedDictionary<NodeId, DateTimeOffset> Laters { get; } = [];

    public bool HasChunks => _toSend.Count > 0;

    private int PieceCount => (int)((Form.BytesLength + PieceBytes - 1) / PieceBytes);

    public void WantAll()
    {
        for (int piece = 0; piece < PieceCount; piece++) _toSend.Add(piece);
    }

    /// <summary>
    /// Adds the pieces that hold any wanted byte, but those that are on their way or arrived only just now.
    /// </summary>
    public void Want(IEnumerable<WantRange> ranges, DateTimeOffset quietSince)
    {
        foreach (WantRange range in ranges)
        {
            int last = (int)Math.Min(PieceCount - 1, (range.End - 1) / PieceBytes);
            for (long piece = range.Offset / PieceBytes; piece <= last; piece++)
            {
                if (!_arrivedAt.TryGetValue((int)piece, out DateTimeOffset arrived) || arrived < quietSince)
                    _toSend.Add((int)piece);
            }
        }
    }

    /// <summary>Takes the next pieces to send: neighbours, at least one.</summary>
    public (int First, int Count) Take(int bytesMax)
    {
        (int first, int count) = (_toSend.Min, 0);
        do
        {
            _toSend.Remove(first + count);
            _arrivedAt[first + count] = DateTimeOffset.MaxValue;
            count++;
        }
        while ((count + 1L) * PieceBytes <= bytesMax && _toSend.Contains(first + count));
        return (first, count);
    }

    /// <summary>Where pieces lie.</summary>
    public (long Offset, int Length) BytesOf(int first, int count)
    {
        long offset = (long)first * PieceBytes;
        return (offset, (int)Math.Min((long)count * PieceBytes, Form.BytesLength - offset));
    }

    /// <summary>Pieces have reached the broker.</summary>
    public void Arrive(int first, int count, DateTimeOffset now)
    {
        for (int piece = first; piece < first + count; piece++)
        {
            if (_arrivedAt.ContainsKey(piece)) _arrivedAt[piece] = now;
        }
    }

    /// <summary>Forgets what was sent and is to be sent: only wants bring chunks again.</summary>
    public void ForgetChunks()
    {
        _toSend.Clear();
        _arrivedAt.Clear();
    }
}
