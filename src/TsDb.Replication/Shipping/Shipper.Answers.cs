using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <content>What cloud nodes say.</content>
public sealed partial class Shipper
{
    // So many owners can refuse or put off a leaf and the write quorum is still within reach.
    private int NodesToSpare => Math.Max(0, _cluster!.ReplicationFactor - _cluster.WriteQuorum);

    private void TakeAnswers(EdgeAnswers answers, DateTimeOffset now)
    {
        if (_cluster is null || answers.Header.Cluster != _cluster.Cluster) return;
        if (answers.Header.Epoch.Value < _epoch.Value) return;
        RaiseEpoch(answers.Header.Epoch);
        _heardAt = now;
        foreach (EdgeAnswer answer in answers.Answers) Take(answer, answers.Node, now);
    }

    private void Take(EdgeAnswer answer, NodeId node, DateTimeOffset now)
    {
        switch (answer)
        {
            case EdgeAnswer.Hello hello:
                TakeHello(hello, now);
                break;
            case EdgeAnswer.Durable durable:
                Confirmations.Confirm(durable.Hash, now);
                if (End(durable.Hash, LeafState.Durable) is { } safe)
                {
                    _rate.Add(safe.BytesLength, now);
                    _effects.Add(new ShipEffect.MarkDurable(safe.Leaf, _epoch));
                }

                break;
            case EdgeAnswer.Have have:
                // One replica is no quorum: the count may still be under way, so only the timer starts anew.
                Confirmations.Wait(have.Hash, now);
                if (_transfers.TryGetValue(have.Hash, out Transfer? held))
                    WaitForAnswer(held, now + Silence(held.Attempts));
                break;
            case EdgeAnswer.Want want:
                TakeWant(want, now);
                break;
            case EdgeAnswer.Later later:
                TakeLater(later, node, now);
                break;
            case EdgeAnswer.Expired expired:
                Confirmations.Confirm(expired.Hash, now);
                if (End(expired.Hash, LeafState.Expired) is { } gone)
                    _effects.Add(new ShipEffect.MarkExpired(gone.Leaf));
                break;
            case EdgeAnswer.Refuse refuse:
                TakeRefusal(refuse, node);
                break;
            case EdgeAnswer.Missing missing:
                foreach (ContentHash hash in missing.Hashes) TakeMissing(hash, now);
                break;
            case EdgeAnswer.LeavesWanted wanted:
                _effects.Add(new ShipEffect.SayLeaves(Header, wanted.Cell, wanted.Incarnation));
                break;
            default:
                throw new System.Diagnostics.UnreachableException(answer.ToString());
        }
    }

    private void TakeHello(EdgeAnswer.Hello hello, DateTimeOffset now)
    {
        if (!_link.IsUp || hello.Instance != _options.Instance) return;
        if (hello.Verdict == HelloVerdict.TakeNewIncarnation)
        {
            Part(hello.Incarnation, hello.Divergence, hello.Reason);
            return;
        }

        if (hello.Incarnation != _incarnation) return;
        switch (hello.Verdict)
        {
            case HelloVerdict.Registered when _hello is HelloState.Said or HelloState.Refused:
                if (_pinned is null)
                {
                    _pinned = _cluster!.Cluster;
                    _effects.Add(new ShipEffect.PinCluster(_cluster.Cluster));
                }

                (_hello, _reconcileAt, _lastError) = (HelloState.Registered, now, null);
                break;
            case HelloVerdict.Refused:
                (_hello, _helloAt, _lastError) = (HelloState.Refused, now + _options.HelloMax, hello.Reason);
                break;
            default:
                break;
        }
    }

    // Another directory cuts, or has cut, under an incarnation of this one.
    private void Part(Incarnation incarnation, Divergence? at, string reason)
    {
        if (incarnation == _incarnation && _hello != HelloState.AwaitingIncarnation)
        {
            (_hello, _lastError) = (HelloState.AwaitingIncarnation, reason);
            _effects.Add(new ShipEffect.TakeNewIncarnation(at));
        }
        else if (at is not null)
        {
            _effects.Add(new ShipEffect.TakeBackCuts(incarnation, at));
        }
    }

    private void TakeWant(EdgeAnswer.Want want, DateTimeOffset now)
    {
        if (!_transfers.TryGetValue(want.Hash, out Transfer? transfer) || !transfer.IsPrepared) return;
        if (want.Form != transfer.Form.Form)
        {
            // An owner cannot make the file of what came. Ranges of another form are asked by an assembly
            // from before, which the next offer ends.
            if (want.Form == TransferForm.Plain && want.Ranges.IsEmpty) SendPlain(transfer, now);
            return;
        }

        if (transfer.Form.Bundle is not null)
        {
            // Asked by an assembly from before, or by one that could not open the bundle: it goes by itself.
            OfferSoon(transfer, now);
            return;
        }

        if (want.Ranges.IsEmpty)
        {
            // The owner does not know the offer. One made only just now may have crossed this want; otherwise
            // chunks are of no use before it knows.
            if (transfer.OfferedAt + _options.WantQuiet <= now) OfferSoon(transfer, now);
            return;
        }

        transfer.Want(want.Ranges, now - _options.WantQuiet);
        transfer.Attempts = Math.Min(transfer.Attempts, 1);
        if (transfer.HasChunks)
        {
            Activate(transfer, true);
            _waiting.Remove(transfer);
            _streaming.Add(transfer);
        }
        else
        {
            WaitForAnswer(transfer, now + Silence(transfer.Attempts));
        }
    }

    private void TakeLater(EdgeAnswer.Later later, NodeId node, DateTimeOffset now)
    {
        _lastError = $"{node} asks to wait {later.Wait.TotalSeconds:0} s: {later.Reason}";
        DateTimeOffset until = now + later.Wait;
        if (later.Hash is { } hash)
        {
            if (!_transfers.TryGetValue(hash, out Transfer? transfer)) return;
            transfer.Laters[node] = until;
            if (transfer.Laters.Values.Count(u => u > now) <= NodesToSpare) return;
            transfer.NotBefore = transfer.Laters.Values.Where(u => u > now).Min();
            transfer.ForgetChunks();
            _streaming.Remove(transfer);
            Activate(transfer, false);
            WaitForAnswer(transfer, transfer.NotBefore);
            return;
        }

        _laters[node] = until;
        if (_laters.Values.Count(u => u > now) > NodesToSpare)
            _laterUntil = _laters.Values.Where(u => u > now).Min();
    }

    private void TakeRefusal(EdgeAnswer.Refuse refuse, NodeId node)
    {
        if (!_transfers.TryGetValue(refuse.Hash, out Transfer? transfer)) return;
        transfer.Refusals[node] = refuse.Reason;
        if (refuse.IsFork)
        {
            Leaf fork = transfer.Leaf.Leaf;
            End(refuse.Hash, LeafState.Expired);
            Divergence at = new(fork.Cell, fork.Ordinal, fork.Ordinal);
            Part(fork.Incarnation, at, $"{node}: {refuse.Reason}");
            return;
        }

        if (transfer.Refusals.Count > NodesToSpare) SetAside(transfer.Leaf, $"{node}: {refuse.Reason}");
    }

    private void TakeMissing(ContentHash hash, DateTimeOffset now)
    {
        Confirmations.Deny(hash);
        if (_transfers.TryGetValue(hash, out Transfer? transfer)) OfferSoon(transfer, now);
        else if (_isPaused) return; // Asked again, and again after the comparison once it goes on.
        else if (_ledger.Find(hash) is null) _effects.Add(new ShipEffect.LookUp(hash));
    }

    private void SetAside(ShipLeaf leaf, string reason)
    {
        ContentHash hash = leaf.Leaf.Hash;
        if (_ledger.StateOf(hash) is not (LeafState.Cut or LeafState.Offered)) return;
        Forget(hash);
        _pending.Remove(leaf);
        _ledger.Quarantine(hash, reason, _epoch);
        _lastError = $"shipment {leaf.Leaf.Cell} #{leaf.Leaf.Ordinal.Value} was set aside: {reason}";
        _effects.Add(new ShipEffect.MarkQuarantined(leaf.Leaf, reason, _epoch));
    }

    private ShipLeaf? End(ContentHash hash, LeafState state)
    {
        Forget(hash);
        _offeredBefore.Remove(hash);
        if (_ledger.End(hash, state) is not { } leaf) return null;
        _pending.Remove(leaf);
        return leaf;
    }

    private void RaiseEpoch(Epoch epoch)
    {
        if (epoch.Value <= _epoch.Value) return;
        _epoch = epoch;
        foreach (Transfer transfer in _transfers.Values) transfer.Refusals.Clear();
        Requeue(before: epoch);
    }

    // All, or those that were set aside at an epoch before.
    private void Requeue(Epoch? before)
    {
        if (_ledger.QuarantinedCount == 0) return;
        foreach (ShipLeaf leaf in _ledger.In(LeafState.Quarantined))
        {
            ContentHash hash = leaf.Leaf.Hash;
            if (before is { } epoch && _ledger.SetAsideAt(hash)?.Value >= epoch.Value) continue;
            _ledger.Requeue(hash);
            _pending.Add(leaf);
            _effects.Add(new ShipEffect.MarkRequeued(leaf.Leaf));
        }
    }
}
