using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Columnar.Transfer;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>A shipment's way out: prepared, offered, sent in chunks, waited for.</content>
public sealed partial class Shipper
{
    // A small shipment takes others of its shard along, which are sent in the same message.
    private void Start(ShipLeaf leaf, DateTimeOffset now)
    {
        List<ShipLeaf> together = [leaf];
        long bytes = leaf.BytesLength;
        long bytesMax = Math.Min(_options.BundleBytesMax, FilesPerWindow * _window.Bytes);
        if (bytes <= _options.BundledBytesMax)
        {
            foreach (ShipLeaf other in _pending.Companions(leaf, oldestFirst: !_isBacklogTurn))
            {
                if (together.Count == _options.BundleLeavesMax) break;
                if (other.BytesLength > _options.BundledBytesMax) continue;
                bytes += other.BytesLength;
                if (bytes > bytesMax) break;
                together.Add(other);
            }
        }

        foreach (ShipLeaf started in together) Begin(started);
        _isPreparing = true;
        bool allowRows = _cluster!.RowFormVersion == RowForm.Version;
        int bundleBytes =
            leaf.BytesLength <= _options.BundledBytesMax ? _window.BundleBytes - OfferOverheadBytes : 0;
        _effects.Add(new ShipEffect.Prepare([.. together], allowRows, Math.Max(0, bundleBytes)));
    }

    // What went in a bundle goes by itself the second time: what is wrong with one leaf ends with it.
    private bool OfferAgain(Transfer transfer, DateTimeOffset now)
    {
        if (transfer.Form.Bundle is null)
        {
            Offer([transfer], now);
            return true;
        }

        if (_isPreparing) return false;
        _waiting.Remove(transfer);
        (transfer.IsPrepared, _isPreparing) = (false, true);
        _effects.Add(new ShipEffect.Prepare([transfer.Leaf], AllowRows: true, BundleBytesMax: 0));
        return true;
    }

    private void Begin(ShipLeaf leaf)
    {
        _pending.Remove(leaf);
        Transfer transfer = new(leaf, ShardId.Of(leaf.Leaf.Cell, _cluster!.ShardCount), _window.PieceBytes);
        _transfers.Add(leaf.Leaf.Hash, transfer);

        // Owners may hold all or most of it from before the link or the program went down: they say what they
        // want.
        if (_offeredBefore.Remove(leaf.Leaf.Hash)) transfer.Attempts = 1;
        Activate(transfer, true);
    }

    private void TakePrepared(ShipEvent.Prepared prepared, DateTimeOffset now)
    {
        _isPreparing = false;
        OfferBundles(prepared, now);
        List<Transfer> bundle = [];
        long bytes = 0;
        foreach ((ShipLeaf leaf, TravelForm form) in prepared.Leaves.Zip(prepared.Forms))
        {
            bool isKnown = _transfers.TryGetValue(leaf.Leaf.Hash, out Transfer? transfer);
            if (!isKnown || transfer!.IsPrepared || form.Bundle is not null) continue;
            (transfer.Form, transfer.IsPrepared) = (form, true);
            long size = LeafOverheadBytes + (Fits(transfer) ? form.BytesLength : 0);
            bool isFull = bytes + size > _window.MessageBytes;
            if (bundle.Count > 0 && (isFull || bundle[0].Shard != transfer.Shard))
            {
                Offer(bundle, now);
                (bundle, bytes) = ([], 0);
            }

            bundle.Add(transfer);
            bytes += size;
        }

        if (bundle.Count > 0) Offer(bundle, now);
    }

    private void OfferBundles(ShipEvent.Prepared prepared, DateTimeOffset now)
    {
        foreach (var told in prepared.Leaves.Zip(prepared.Forms).Where(told => told.Second.Bundle is not null)
            .GroupBy(told => told.Second.Bundle))
        {
            List<Transfer> bundle = [];
            foreach ((ShipLeaf leaf, TravelForm form) in told)
            {
                // One that was settled meanwhile is in the bundle all the same.
                bool isKnown = _transfers.TryGetValue(leaf.Leaf.Hash, out Transfer? transfer);
                if (!isKnown || transfer!.IsPrepared) continue;
                (transfer.Form, transfer.IsPrepared) = (form, true);
                bundle.Add(transfer);
            }

            if (bundle.Count > 0) Offer(bundle, now);
        }
    }

    private void Offer(List<Transfer> bundle, DateTimeOffset now)
    {
        List<OfferedLeaf> offered = [];
        long bytes = OfferOverheadBytes;
        foreach (Transfer transfer in bundle)
        {
            _waiting.Remove(transfer);
            transfer.IsUrgent = false;
            bool isFirst = transfer.Attempts == 0;
            bool fits = transfer.Form.Bundle is not null || Fits(transfer);
            bool withPayload = fits
                && (isFirst || transfer.Form.Bundle is not null
                    || transfer.Form.BytesLength <= _options.RepeatedPayloadBytesMax);
            if (isFirst && !fits) transfer.WantAll();
            transfer.Attempts++;
            transfer.OfferedAt = now;
            Activate(transfer, transfer.Attempts <= AttemptsActiveMax);
            _ledger.Offer(transfer.Leaf.Leaf.Hash);
            offered.Add(new OfferedLeaf(transfer.Leaf, transfer.Form, transfer.PieceBytes, withPayload));
            bytes += LeafOverheadBytes + (withPayload ? transfer.Form.BytesLength : 0);
        }

        _effects.Add(new ShipEffect.SendOffer(
            _link.Generation, Header, bundle[0].Shard, [.. offered]) { Bundle = bundle[0].Form.Bundle });
        Spend(bundle, bytes, default, now);
        foreach (Transfer transfer in bundle)
        {
            if (transfer.HasChunks) _streaming.Add(transfer);
        }
    }

    private void SendPlain(Transfer transfer, DateTimeOffset now)
    {
        if (transfer.Form.Form == TransferForm.Plain) return;
        transfer.Form = TravelForm.Plain(transfer.Leaf.BytesLength);
        OfferSoon(transfer, now);
        transfer.Attempts = 0;
    }

    private void SendChunk(Transfer transfer, DateTimeOffset now)
    {
        (int first, int count) = transfer.Take(_window.MessageBytes);
        (long offset, int length) = transfer.BytesOf(first, count);
        _effects.Add(
            new ShipEffect.SendChunk(
                _link.Generation, transfer.Shard, transfer.Leaf, transfer.Form, offset, length));
        Spend([transfer], ChunkOverheadBytes + length, (first, count), now);
        if (!transfer.HasChunks) _streaming.Remove(transfer);
    }

    private bool Fits(Transfer transfer) => transfer.Form.BytesLength <= _window.MessageBytes;

    private void Spend(
        List<Transfer> together, long bytes, (int First, int Count) pieces, DateTimeOffset now)
    {
        _bucket.Take(bytes, now);
        foreach (Transfer transfer in together) transfer.InFlight++;
        _window.Send(together[0].Leaf.Leaf.Hash, bytes, pieces, now);
    }

    private void TakeSent(long generation, ImmutableArray<ContentHash> hashes, DateTimeOffset now)
    {
        if (generation != _link.Generation || !_link.IsUp) return;
        (int first, int count) = _window.Arrive(hashes[0], now);
        foreach (ContentHash hash in hashes)
        {
            if (!_transfers.TryGetValue(hash, out Transfer? transfer)) continue;
            transfer.Arrive(first, count, now);
            transfer.InFlight = Math.Max(0, transfer.InFlight - 1);
            WaitForAnswer(transfer, now + Silence(transfer.Attempts));
        }
    }

    // The silence begins when the last message of the transfer has left.
    private void WaitForAnswer(Transfer transfer, DateTimeOffset until)
    {
        if (transfer.IsUrgent || !transfer.IsPrepared) return;
        _waiting.Remove(transfer);
        if (transfer.HasChunks || transfer.InFlight > 0) return;
        transfer.OfferAt = until > transfer.NotBefore ? until : transfer.NotBefore;
        _waiting.Add(transfer);
    }

    private void OfferSoon(Transfer transfer, DateTimeOffset now)
    {
        if (!transfer.IsPrepared) return;
        transfer.ForgetChunks();
        transfer.Attempts = Math.Max(transfer.Attempts, 1);
        _streaming.Remove(transfer);
        _waiting.Remove(transfer);
        transfer.IsUrgent = true;
        transfer.OfferAt = Max(now, transfer.NotBefore);
        _waiting.Add(transfer);
    }
}
