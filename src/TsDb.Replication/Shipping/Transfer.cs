using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// One shipment on its way: what is still to send, who refused it, when it is offered again.
/// </summary>
internal sealed class Transfer(ShipLeaf leaf, ShardId shard, int chunkBytes)
{
    private readonly SortedSet<int> _toSend = [];
    private readonly Dictionary<int, DateTimeOffset> _sentAt = [];

    public ShipLeaf Leaf { get; } = leaf;

    public ShardId Shard { get; } = shard;

    /// <summary>Fixed for the life of the transfer, so that offsets stay multiples of it.</summary>
    public int ChunkBytes { get; } = chunkBytes;

    /// <summary>How it travels.</summary>
    public TravelForm Form { get; set; } = TravelForm.Plain(leaf.BytesLength);

    /// <summary>False until it is known how it travels: nothing is sent before.</summary>
    public bool IsPrepared { get; set; }

    public int ChunkCount => (int)((Form.BytesLength + ChunkBytes - 1) / ChunkBytes);

    public bool FitsOneChunk => Form.BytesLength <= ChunkBytes;

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

    public void WantAll()
    {
        for (int chunk = 0; chunk < ChunkCount; chunk++) _toSend.Add(chunk);
    }

    /// <summary>Adds the chunks that hold any wanted byte, but those that were sent only just now.</summary>
    public void Want(IEnumerable<WantRange> ranges, DateTimeOffset quietSince)
    {
        foreach (WantRange range in ranges)
        {
            int last = (int)Math.Min(ChunkCount - 1, (range.End - 1) / ChunkBytes);
            for (long chunk = range.Offset / ChunkBytes; chunk <= last; chunk++)
            {
                if (!_sentAt.TryGetValue((int)chunk, out DateTimeOffset sent) || sent < quietSince)
                    _toSend.Add((int)chunk);
            }
        }
    }

    /// <summary>Takes the next chunk to send.</summary>
    public (long Offset, int Length) Take(DateTimeOffset now)
    {
        int chunk = _toSend.Min;
        _toSend.Remove(chunk);
        _sentAt[chunk] = now;
        long offset = (long)chunk * ChunkBytes;
        return (offset, (int)Math.Min(ChunkBytes, Form.BytesLength - offset));
    }

    /// <summary>Forgets what was sent and is to be sent: only wants bring chunks again.</summary>
    public void ForgetChunks()
    {
        _toSend.Clear();
        _sentAt.Clear();
    }
}
