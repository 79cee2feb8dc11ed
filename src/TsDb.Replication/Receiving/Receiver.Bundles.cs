using TsDb.Codec.Shipment;
using TsDb.Columnar.Transfer;
using TsDb.Model;

namespace TsDb.Replication.Receiving;

/// <content>
/// Bundles are opened before anything is said of what is in them, as only that tells the hashes. One that
/// cannot be opened is passed over in silence: the edge offers each leaf by itself before long. Mostly it is
/// because the shipment before, which the rows refer to, is not here yet. Then co-owners give what is in it
/// as soon as they have it: by waiting for the edge this node would lack the reference of the next one as
/// well, and stay behind for as long as more comes.
/// </content>
public sealed partial class Receiver
{
    private readonly SortedSet<ulong> _opening = [];
    private readonly SortedSet<ulong> _unopened = [];

    private void TakeBundle(ReceiveEvent.Offered offered, OfferBundle bundle, DateTimeOffset now)
    {
        EdgeId edge = offered.Edge;
        bool isOfTopic = bundle.Edge == edge && bundle.Leaves.All(
            leaf => ShardId.Of(leaf.Cell, _cluster!.ShardCount) == offered.Shard);
        if (!isOfTopic || !IsRegistered(edge, bundle.Incarnation)) return;
        List<Leaf> held = [];
        foreach (BundledLeaf leaf in bundle.Leaves)
        {
            Leaf? stored = _stored().Find(leaf.Cell)?.Find(bundle.Incarnation, leaf.Ordinal);
            if (stored?.Hash.Tag == leaf.Tag) held.Add(stored);
        }

        if (held.Count == bundle.Leaves.Length)
        {
            foreach (Leaf leaf in held) AnswerHeld(leaf, now);
            return;
        }

        if (_opening.Contains(bundle.Leaves[0].Tag.Value)) return;
        if (_fullUntil > now)
        {
            Answer(edge, new EdgeAnswer.Later(_options.DiskFullWait, null, "the disk is full"));
            return;
        }

        bool isFull = _pendingBytes > 0 && _pendingBytes + RowBundle.FileBytesMax > _options.PendingBytesMax;
        int count = _assemblies.Count + _keeping.Count + _opening.Count;
        if (isFull || count >= _options.PendingCountMax)
        {
            Answer(edge, new EdgeAnswer.Later(_options.BusyWait, null, "too much is on its way"));
            return;
        }

        _pendingBytes += RowBundle.FileBytesMax;
        _opening.Add(bundle.Leaves[0].Tag.Value);
        _effects.Add(new ReceiveEffect.Open(edge, offered.Shard, bundle));
    }

    private void TakeOpened(ReceiveEvent.Opened opened, DateTimeOffset now)
    {
        _pendingBytes -= RowBundle.FileBytesMax;
        _opening.Remove(opened.Bundle.Leaves[0].Tag.Value);
        if (!_owned.Contains(opened.Shard)) return;
        foreach (BundledLeaf leaf in opened.Bundle.Leaves)
        {
            if (opened.Leaves.All(told => told.Leaf.Hash.Tag != leaf.Tag)) TakeUnopened(leaf.Tag);
        }

        foreach ((Leaf leaf, ReadOnlyMemory<byte> file) in opened.Leaves)
        {
            Offer offer = new()
            {
                Leaf = leaf,
                BytesLength = file.Length,
                TransferBytes = file.Length,
                ChunkBytes = 0,
                Payload = file,
            };
            TakeOffer(opened.Edge, opened.Shard, offer, file, now);
        }
    }

    private void TakeUnopened(LeafTag tag)
    {
        if (_unopened.Count >= _options.PendingCountMax) _unopened.Clear();
        _unopened.Add(tag.Value);
        foreach (Leaf leaf in _counter.HeldElsewhere(tag)) FetchUnreadable(leaf);
    }

    // What came from the edge and could not be read here, for lack of what it refers to.
    private void FetchUnreadable(Leaf leaf)
    {
        if (!_unopened.Contains(leaf.Hash.Tag.Value) && !_unreferred.Contains(leaf.Hash)) return;
        bool isComing = _assemblies.ContainsKey(leaf.Hash) || _keeping.ContainsKey(leaf.Hash);
        if (!isComing && _stored().Find(leaf) is null && _counter.HolderOf(leaf.Hash) is { } holder)
            Fetch(leaf, holder);
    }
}
