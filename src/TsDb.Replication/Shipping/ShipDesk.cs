using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Catalog;
using TsDb.Storage.Ports;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// Shipping bound to a store: carries out the shipper's effects on catalog and files and turns the rest into
/// messages. Whoever has a link (MQTT, or the simulation's) feeds it events and publishes what comes back.
/// Used by one thread at a time; calls block for disk.
/// </summary>
public sealed partial class ShipDesk
{
    private static readonly TimeSpan AskedEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LagEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LagIdleEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PurgeLookEvery = TimeSpan.FromSeconds(2);

    private readonly ShipDeskParts _parts;
    private readonly ShipperOptions _options;
    private readonly ShipLedger _ledger;
    private readonly Shipper _shipper;
    private readonly TravelForms _forms;
    private readonly ILogger _log;
    private readonly Queue<ShipEvent> _events = new();
    private readonly long _rankAtStart;
    private DateTimeOffset _lagAt;
    private DateTimeOffset _lagSayAt;
    private long? _filesToPurge;
    private DateTimeOffset _askedAt;
    private DateTimeOffset _lagIdleAt;
    private List<ShipMessage> _messages = [];

    /// <summary>Takes up shipping where the catalog says it stands.</summary>
    /// <param name="parts">Store, disk, cutter, names.</param>
    /// <param name="options">Identity and limits.</param>
    /// <param name="loggers">Where log lines go.</param>
    /// <param name="now">The time.</param>
    public ShipDesk(ShipDeskParts parts, ShipperOptions options, ILoggerFactory loggers, DateTimeOffset now)
    {
        (_parts, _options) = (parts, options);
        _log = loggers.CreateLogger<ShipDesk>();
        _lagAt = now + LagEvery;
        _rankAtStart = parts.Store.Catalog.RankNext;
        _forms = new TravelForms(parts);
        _ledger = ShipLedger.Restore(parts.Store.Catalog);
        _shipper = new Shipper(options, _ledger, parts.Store.Incarnation, ClusterPin.Read(parts.Disk), now);
        if (PauseMark.Read(parts.Disk)) _shipper.On(new ShipEvent.Pause(true), now);
    }

    /// <summary>When <see cref="Tick"/> is due; null while only events can change anything.</summary>
    public DateTimeOffset? WakeAt
    {
        get
        {
            DateTimeOffset due = _recordAt;
            if (_parts.Cutter.DueAt is { } cut && cut < due) due = cut;
            if (_shipper.WakeAt is { } ship && ship < due) due = ship;
            if (_shipper.IsRegistered && _lagAt < due) due = _lagAt;
            bool isAsking = _shipper.IsRegistered && !_parts.Store.Databases.Asked.IsEmpty;
            if (isAsking && _askedAt < due) due = _askedAt;
            return due == DateTimeOffset.MaxValue ? null : due;
        }
    }

    /// <summary>Takes one event; returns what has to be published because of it, in order.</summary>
    public IReadOnlyList<ShipMessage> On(ShipEvent e, DateTimeOffset now)
    {
        _messages = [];
        bool wasRegistered = _shipper.IsRegistered;
        _events.Enqueue(e);
        while (_events.TryDequeue(out ShipEvent? next))
        {
            foreach (ShipEffect effect in _shipper.On(next, now)) Carry(effect, now);
            RecordChanges(now);
        }

        // Whoever waits for the receipt of an erasure hears of it at once, and so does a node that knows more
        // of the cluster than this edge was told.
        if (!wasRegistered && _shipper.IsRegistered) SayLagAt(now);
        return _messages;
    }

    /// <summary>
    /// Cuts some of the shipments that are due, then lets time go on. Call again while <see cref="WakeAt"/>
    /// is past.
    /// </summary>
    public IReadOnlyList<ShipMessage> Tick(DateTimeOffset now)
    {
        RecordAgain(now);
        IReadOnlyList<ShipLeaf> cut = _parts.Cutter.CutDue(now);
        On(cut.Count > 0 ? new ShipEvent.LeavesCut([.. cut]) : new ShipEvent.Tick(), now);
        SayLag(now);
        SayAsked(now);
        return _messages;
    }

    /// <summary>
    /// Remembers that shipping is paused, or not: over restarts, too. The event has to be told besides. May
    /// be called on any thread.
    /// </summary>
    public void RememberPause(bool isPaused) => PauseMark.Write(_parts.Disk, isPaused);

    /// <summary>Takes notice of segments that were sealed or dropped.</summary>
    public void Observe(DateTimeOffset now) => _parts.Cutter.Observe(now);

    /// <summary>Ends every delay: what is sealed by now is cut and shipped at once.</summary>
    public void Flush(DateTimeOffset now) => _parts.Cutter.MakeAllDue(now);

    /// <summary>The state of the uplink.</summary>
    public ShipStatus Status(DateTimeOffset now) => _shipper.Status(now);

    /// <summary>What the cloud said of leaves that were asked about before their files go.</summary>
    public Confirmations Confirmations => _shipper.Confirmations;

    /// <summary>The backlog by the catalog of this moment. May be called on any thread.</summary>
    public ShipBacklog Backlog() => ShipBacklog.Of(_parts.Store.Catalog);

    private void Carry(ShipEffect effect, DateTimeOffset now)
    {
        if (TryNote(effect)) return;

        // What was said of leaves comes before whatever reads the catalog.
        RecordChanges(now);
        switch (effect)
        {
            case ShipEffect.SayControl say:
                Say(say.Control.Header, say.Control.Body);
                break;
            case ShipEffect.SayDigests digests:
                foreach (var page in LedgerPages.Digests(_parts.Store.Catalog, digests.Cluster))
                    Say(digests.Header, page);
                break;
            case ShipEffect.SayLeaves leaves:
                CatalogState catalog = _parts.Store.Catalog;
                foreach (var page in LedgerPages.Leaves(catalog, leaves.Cell, leaves.Incarnation))
                    Say(leaves.Header, page);
                break;
            case ShipEffect.Prepare prepare:
                _events.Enqueue(new ShipEvent.Prepared(
                    prepare.Leaves,
                    _forms.Prepare(prepare.Leaves, prepare.AllowRows, prepare.BundleBytesMax)));
                break;
            case ShipEffect.SendOffer offer:
                Send(offer);
                break;
            case ShipEffect.SendChunk chunk:
                Send(chunk);
                break;
            case ShipEffect.LookUp missing:
                LookUp(missing.Hash);
                break;
            case ShipEffect.TakeDatabases take:
                TakeDatabases(take.Cluster);
                TakeErasures(take.Cluster, now);
                break;
            case ShipEffect.PinCluster pin:
                Pin(pin.Cluster, now);
                break;
            case ShipEffect.TakeNewIncarnation take:
                TakeNewIncarnation(take.Divergence, now);
                break;
            case ShipEffect.TakeBackCuts back:
                TakeBackCuts(back, now);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(effect.ToString());
        }
    }

    // Every minute while something waits, rarely while nothing does: people at the cloud see how far behind
    // this edge is, by its own word. While files are left to purge it is looked at more often, and said when
    // their number changes.
    private void SayLag(DateTimeOffset now)
    {
        if (!_shipper.IsRegistered || _lagAt > now) return;
        long? left = _parts.FilesToPurge?.Invoke();
        bool isNews = left != _filesToPurge;
        _filesToPurge = left;
        bool isDue = _lagSayAt <= now;
        if (isDue || isNews) _lagSayAt = now + LagEvery;
        _lagAt = left > 0 && now + PurgeLookEvery < _lagSayAt ? now + PurgeLookEvery : _lagSayAt;
        if (!isDue && !isNews) return;
        ShipLag lag = new(Backlog(), _shipper.Status(now));
        bool isIdle = lag.Backlog.Segments == 0;
        if (isIdle && now < _lagIdleAt && !isNews) return;
        _lagIdleAt = isIdle ? now + LagIdleEvery : default;
        Say(_shipper.Header, new EdgeControl.Lag
        {
            OldestNanoseconds = lag.Backlog.OldestNanoseconds,
            Segments = lag.Backlog.Segments,
            BytesLength = lag.Backlog.BytesLength,
            BytesPerSecond = (long)lag.Uplink.BytesPerSecond,
            Eta = lag.Eta,
            IsPaused = lag.Uplink.IsPaused,
            Quarantined = lag.Uplink.Quarantined,
            LastError = lag.Uplink.LastError ?? "",
            Erasures = _parts.Store.Tombstones.KeptNumber,
            FilesToPurge = left,
            Revision = _shipper.HeardRevision,
        });
    }

    private void SayLagAt(DateTimeOffset time) => (_lagAt, _lagSayAt, _lagIdleAt) = (time, time, default);

    // A database made here is the cluster's business as well: said until the cluster names it.
    private void SayAsked(DateTimeOffset now)
    {
        ImmutableArray<string> asked = _parts.Store.Databases.Asked;
        if (!_shipper.IsRegistered || _askedAt > now || asked.IsEmpty) return;
        _askedAt = now + AskedEvery;
        Say(_shipper.Header, new EdgeControl.CreateDatabases(asked));
    }

    private void TakeDatabases(ClusterInfo cluster)
    {
        try
        {
            _parts.Store.Databases.Take(cluster.Revision, cluster.Databases);
        }
        catch (TsDbException e)
        {
            // The cluster says it again with the next change, and at the next connection.
            Log.DatabasesNotKept(_log, e.Message);
        }
    }

    private void TakeErasures(ClusterInfo cluster, DateTimeOffset now)
    {
        long kept = _parts.Store.Tombstones.KeptNumber;
        try
        {
            _parts.Store.Tombstones.Take(cluster.Erasures);
        }
        catch (TsDbException e)
        {
            // They count for queries; the cloud is told that they are not on disk.
            Log.TombstonesNotKept(_log, e.Message);
        }

        if (_parts.Store.Tombstones.KeptNumber != kept) SayLagAt(now);
    }

    private void Say(MessageHeader header, EdgeControl.Saying body)
    {
        EdgeControl control = new(header, _options.Edge, _options.Instance, body);
        _messages.Add(
            new ShipMessage(_parts.Topics.Hello(control.Edge), ShipmentCodec.Encode(control), null));
    }

    private void Send(ShipEffect.SendOffer offer)
    {
        if (offer.Bundle is { } bundle)
        {
            SendBundle(offer, bundle);
            return;
        }

        List<Offer> offers = [];
        foreach (OfferedLeaf offered in offer.Leaves)
        {
            (ShipLeaf leaf, TravelForm form) = (offered.Leaf, offered.Form);
            ReadOnlyMemory<byte> payload = default;
            if (offered.WithPayload && !TryRead(leaf, form, 0, (int)form.BytesLength, out payload)) continue;
            offers.Add(new Offer
            {
                Leaf = leaf.Leaf,
                BytesLength = leaf.BytesLength,
                ChunkBytes = offered.WithPayload ? 0 : offered.ChunkBytes,
                Form = form.Form,
                TransferBytes = form.BytesLength,
                Reference = form.Reference,
                Payload = payload,
            });
        }

        ShipEvent.Sent sent = SentOf(offer);
        if (offers.Count == 0)
        {
            // Why not was told already; the room it took in the window is free again.
            _events.Enqueue(sent);
            return;
        }

        OfferMessage message = new(offer.Header, [.. offers]);
        _messages.Add(new ShipMessage(
            _parts.Topics.Offer(offer.Shard, offer.Leaf.Leaf.Cell.Edge), ShipmentCodec.Encode(message), sent)
        {
            DataBytes = offers.Sum(o => (long)o.Payload.Length),
        });
    }

    private void SendBundle(ShipEffect.SendOffer offer, int number)
    {
        ShipEvent.Sent sent = SentOf(offer);
        if (_forms.TakeBundle(number) is not { } bundle)
        {
            foreach (OfferedLeaf offered in offer.Leaves)
                _events.Enqueue(new ShipEvent.FormLost(offered.Leaf.Leaf.Hash));
            _events.Enqueue(sent);
            return;
        }

        OfferMessage message = new(offer.Header, []) { Bundle = bundle };
        _messages.Add(new ShipMessage(
            _parts.Topics.Offer(offer.Shard, bundle.Edge), ShipmentCodec.Encode(message), sent)
        {
            DataBytes = bundle.Rows.Length,
        });
    }

    private static ShipEvent.Sent SentOf(ShipEffect.SendOffer offer) =>
        new(offer.LinkGeneration, offer.Leaf.Leaf.Hash)
        {
            Others = [.. offer.Leaves.Skip(1).Select(l => l.Leaf.Leaf.Hash)],
        };

    private void Send(ShipEffect.SendChunk chunk)
    {
        ShipLeaf leaf = chunk.Leaf;
        ShipEvent.Sent sent = new(chunk.LinkGeneration, leaf.Leaf.Hash);
        if (!TryRead(leaf, chunk.Form, chunk.Offset, chunk.Length, out ReadOnlyMemory<byte> data))
        {
            _events.Enqueue(sent);
            return;
        }

        _messages.Add(new ShipMessage(
            _parts.Topics.Chunk(chunk.Shard, leaf.Leaf.Cell.Edge),
            ShipmentCodec.Encode(new Chunk(leaf.Leaf.Hash, chunk.Form.Form, chunk.Offset, data)),
            sent)
        {
            DataBytes = chunk.Length,
        });
    }

    private bool TryRead(
        ShipLeaf leaf, TravelForm form, long offset, int length, out ReadOnlyMemory<byte> bytes)
    {
        if (form.Form == TransferForm.Plain) return TryReadFile(leaf, offset, length, out bytes);
        bytes = _forms.BytesOf(leaf, form)?.AsMemory((int)offset, length) ?? default;
        if (bytes.IsEmpty) _events.Enqueue(new ShipEvent.FormLost(leaf.Leaf.Hash));
        return !bytes.IsEmpty;
    }

    private bool TryReadFile(ShipLeaf leaf, long offset, int length, out ReadOnlyMemory<byte> bytes)
    {
        byte[] buffer = new byte[length];
        bytes = buffer;
        string reason;
        try
        {
            using IDiskFile file = _parts.Disk.Open(leaf.SegmentName);
            int read = 0;
            for (int got; read < length && (got = file.ReadAt(offset + read, buffer.AsSpan(read))) > 0;)
                read += got;
            if (read == length) return true;
            reason =
                $"{leaf.SegmentName} ends at offset {offset + read}, before its {leaf.BytesLength} bytes";
        }
        catch (IOException e)
        {
            reason = e.Message;
        }

        // Retention may have dropped the file by the operator's rule: then there is nothing to complain
        // about.
        ContentHash hash = leaf.Leaf.Hash;
        _events.Enqueue(Held(hash) is not null
            ? new ShipEvent.ReadFailed(hash, reason)
            : new ShipEvent.LeafDropped(hash));
        return false;
    }
}
