using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <content>Offers, chunks, and what co-owners say.</content>
public sealed partial class Receiver
{
    private void TakeOffers(ReceiveEvent.Offered offered, DateTimeOffset now)
    {
        _greeter.Hear(offered.Edge, now);
        if (!_owned.Contains(offered.Shard)) return;
        foreach (Offer offer in offered.Message.Offers)
            TakeOffer(offered.Edge, offered.Shard, offer, offer.Payload, now);
        if (offered.Message.Bundle is { } bundle) TakeBundle(offered, bundle, now);
    }

    private void TakeOffer(
        EdgeId edge, ShardId shard, Offer offer, ReadOnlyMemory<byte> payload, DateTimeOffset now)
    {
        Leaf leaf = offer.Leaf;
        if (leaf.Cell.Edge != edge || ShardOf(leaf) != shard)
        {
            Answer(edge, new EdgeAnswer.Refuse(leaf.Hash, "the topic's edge or shard is not the shipment's"));
            return;
        }

        // An incarnation that is not in the registry here has no place in the order of newness yet.
        if (!IsRegistered(edge, leaf.Incarnation)) return;
        if (IsExpired(leaf))
        {
            Answer(edge, new EdgeAnswer.Expired(leaf.Hash));
            return;
        }

        if (_stored().Find(leaf.Cell)?.Find(leaf.Incarnation, leaf.Ordinal) is not null)
        {
            _counter.Offered(leaf.Hash);
            if (_stored().Find(leaf) is not null) AnswerHeld(leaf, now);
            else RefuseFork(leaf);
            return;
        }

        if (_keeping.ContainsKey(leaf.Hash) || _fetching.Contains(leaf.Hash)) return;
        long bytes = Math.Max(offer.TransferBytes, offer.BytesLength);
        if (bytes > _options.ShipmentBytesMax)
        {
            string reason =
                $"a shipment of {bytes} bytes is above this cluster's {_options.ShipmentBytesMax}";
            Answer(edge, new EdgeAnswer.Refuse(leaf.Hash, reason));
            return;
        }

        Prepare(offer, payload, now);
    }

    private void Prepare(Offer offer, ReadOnlyMemory<byte> payload, DateTimeOffset now)
    {
        Leaf leaf = offer.Leaf;
        EdgeId edge = leaf.Cell.Edge;
        if (_assemblies.TryGetValue(leaf.Hash, out Assembly? known))
        {
            if (payload.IsEmpty && known.IsOf(offer)) return;
            Drop(known);
        }

        if (_fullUntil > now)
        {
            Answer(edge, new EdgeAnswer.Later(_options.DiskFullWait, leaf.Hash, "the disk is full"));
            return;
        }

        long bytes = payload.IsEmpty ? offer.TransferBytes : payload.Length;
        bool isFull = _pendingBytes > 0 && _pendingBytes + bytes > _options.PendingBytesMax;
        if (isFull || _assemblies.Count + _keeping.Count >= _options.PendingCountMax)
        {
            Answer(edge, new EdgeAnswer.Later(_options.BusyWait, leaf.Hash, "too much is on its way"));
            return;
        }

        _pendingBytes += bytes;
        if (payload.IsEmpty) _assemblies.Add(leaf.Hash, new Assembly(offer, now));
        else
        {
            Keep(new TransferredLeaf(leaf, offer.BytesLength, offer.Form, offer.Dictionary, payload)
            {
                Reference = offer.Reference,
            });
        }
    }

    private void Keep(TransferredLeaf transferred)
    {
        _keeping.Add(transferred.Leaf.Hash, transferred.Bytes.Length);
        _effects.Add(new ReceiveEffect.Keep(transferred));
    }

    private void AnswerHeld(Leaf leaf, DateTimeOffset now)
    {
        if (IsForked(leaf))
        {
            RefuseFork(leaf);
            return;
        }

        if (_counter.IsDurable(leaf.Hash))
        {
            Answer(leaf.Cell.Edge, new EdgeAnswer.Durable(leaf.Hash));
            return;
        }

        _counter.Here(leaf, _counts(ShardOf(leaf)), isAsked: true, now);
        if (_counter.Decide(leaf.Hash, out _)) Answer(leaf.Cell.Edge, new EdgeAnswer.Durable(leaf.Hash));
        else Answer(leaf.Cell.Edge, new EdgeAnswer.Have(leaf.Hash));
    }

    private bool IsRegistered(EdgeId edge, Incarnation incarnation) =>
        _cluster!.Edges.GetValueOrDefault(edge)?.Incarnations.Contains(incarnation) == true;

    private bool IsExpired(Leaf leaf) => _cluster!.IsExpired(leaf.Cell);

    private void TakeChunk(ReceiveEvent.ChunkCame came, DateTimeOffset now)
    {
        _greeter.Hear(came.Edge, now);
        if (!_owned.Contains(came.Shard)) return;
        ContentHash hash = came.Chunk.Hash;
        if (!_assemblies.TryGetValue(hash, out Assembly? assembly))
        {
            bool isKnown = _keeping.ContainsKey(hash) || _fetching.Contains(hash) || _counter.Knows(hash);
            if (!isKnown && _unknown.Add(hash, now))
                Answer(came.Edge, new EdgeAnswer.Want(hash, came.Chunk.Form, []));
            return;
        }

        if (assembly.Offer.Leaf.Cell.Edge != came.Edge || !assembly.Add(came.Chunk, now) || !assembly.IsWhole)
            return;
        _assemblies.Remove(hash);
        Keep(assembly.Transferred);
    }

    private void TakeNotice(Repair.StoredNotice notice, DateTimeOffset now)
    {
        if (notice.Cluster != _cluster!.Id || notice.Epoch != _cluster.Epoch) return;
        foreach (Repair.NoticedLeaf noticed in notice.Leaves)
        {
            if (!_owned.Contains(ShardOf(noticed.Leaf))) continue;
            _counter.Heard(notice.From, noticed.Leaf, noticed.Counts, now);
            Decide(noticed.Leaf);
            FetchUnreadable(noticed.Leaf);
        }
    }

    private void TakeReply(ReceiveEvent.NoticeAnswered answered, DateTimeOffset now)
    {
        Repair.StoredNotice notice = answered.Notice;
        if (answered.Reply is not { } reply || reply.Has.Length != notice.Leaves.Length) return;
        if (reply.Epoch != _cluster!.Epoch || notice.Epoch != _cluster.Epoch) return;
        for (int i = 0; i < reply.Has.Length; i++)
        {
            if (reply.Has[i] == Repair.HeldState.Absent) continue;
            bool counts = reply.Has[i] == Repair.HeldState.Counted;
            _counter.Heard(answered.Node, notice.Leaves[i].Leaf, counts, now);
            Decide(notice.Leaves[i].Leaf);
        }
    }
}
