using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// The edge's side of shipping, as a state machine: events in, effects out, no clock, no thread, no I/O. Any
/// message may be lost, doubled, delayed or reordered; only <c>durable</c> ends a shipment. On every link:
/// hello first, nothing is offered before it is answered. Then two lanes take turns, message by message: the
/// newest leaf, and the oldest of the backlog. A first offer is followed by its chunks unasked; later offers
/// of the same leaf wait for wants. Used by one thread at a time.
/// </summary>
public sealed partial class Shipper
{
    // Fields, topic and MQTT's framing beside the data, roughly: for the bandwidth limit only.
    private const int OfferOverheadBytes = 110;
    private const int LeafOverheadBytes = 60;
    private const int LeavesPerConfirm = 512;
    private const int ChunkOverheadBytes = 90;

    // Files that travel together are smaller in that form: so much more of them may be begun.
    private const int FilesPerWindow = 2;

    // Leaves in back-off cost a few hundred bytes each; beyond this many, shipping waits for answers.
    private const int TransfersKnownMax = 4_096;

    private const int QuarantineShownMax = 100;

    // From the second repetition on an unanswered offer no longer keeps others from starting.
    private const int AttemptsActiveMax = 2;

    private readonly ShipperOptions _options;
    private readonly ShipLedger _ledger;
    private readonly TokenBucket _bucket;
    private readonly SendWindow _window;
    private readonly ShipRate _rate = new();
    private readonly PendingLeaves _pending = new();
    private readonly HashSet<ContentHash> _offeredBefore = [];
    private readonly Dictionary<ContentHash, Transfer> _transfers = [];
    private readonly SortedSet<Transfer> _streaming = new(TransferOrder.ByNewness);
    private readonly SortedSet<Transfer> _waiting = new(TransferOrder.ByOfferTime);
    private readonly SortedDictionary<NodeId, DateTimeOffset> _laters = [];
    private List<ShipEffect> _effects = [];
    private ShipperLink _link = ShipperLink.Down;
    private HelloState _hello;
    private DateTimeOffset _helloAt;
    private TimeSpan _helloWait;
    private Incarnation _incarnation;
    private ClusterId? _pinned;
    private ClusterInfo? _cluster;
    private Epoch _epoch;
    private DateTimeOffset? _heardAt;
    private DateTimeOffset _laterUntil;
    private DateTimeOffset _reconcileAt;
    private bool _isPaused;
    private bool _isPreparing;
    private bool _isBacklogTurn;
    private int _activeCount;
    private long _activeBytes;
    private string? _lastError;
    private string? _lostReason;

    /// <summary>A shipper without a link.</summary>
    /// <param name="options">Identity and limits.</param>
    /// <param name="ledger">The open leaves; from now on changed only by this shipper.</param>
    /// <param name="incarnation">The incarnation that new cuts belong to.</param>
    /// <param name="pinned">The cluster this edge belongs to; null before its first contact.</param>
    /// <param name="now">The time.</param>
    public Shipper(
        ShipperOptions options,
        ShipLedger ledger,
        Incarnation incarnation,
        ClusterId? pinned,
        DateTimeOffset now)
    {
        (_options, _ledger, _incarnation, _pinned) = (options, ledger, incarnation, pinned);
        _bucket = new TokenBucket(options.BytesPerSecondMax, now);
        _window = new SendWindow(options.MessagesInFlightMax);
        foreach (ShipLeaf leaf in ledger.In(LeafState.Cut))
        {
            _pending.Add(leaf);
            _offeredBefore.Add(leaf.Leaf.Hash);
        }
    }

    private enum HelloState
    {
        Unsaid,
        Said,
        Registered,
        Refused,
        AwaitingIncarnation,
    }

    /// <summary>
    /// When <see cref="ShipEvent.Tick"/> is due; null while only other events can change anything.
    /// </summary>
    public DateTimeOffset? WakeAt { get; private set; }

    /// <summary>Revision of the latest description of the cluster that was heard; 0 before the
    /// first.</summary>
    public long HeardRevision => _cluster?.Revision ?? 0;

    /// <summary>What was said of leaves that were asked about before their files go.</summary>
    public Confirmations Confirmations { get; } = new();

    /// <summary>The uplink as people see it.</summary>
    public ShipStatus Status(DateTimeOffset now) => new(
        StateText(now),
        _isPaused,
        _ledger.Count,
        _ledger.BytesLength,
        _ledger.QuarantinedCount,
        _rate.At(now),
        _heardAt,
        _lastError)
    {
        Quarantine = _ledger.QuarantinedCount == 0 ? [] :
        [
            .. _ledger.In(LeafState.Quarantined).Take(QuarantineShownMax)
                .Select(leaf => new QuarantinedLeaf(leaf.Leaf, _ledger.ReasonOf(leaf.Leaf.Hash) ?? "")),
        ],
    };

    /// <summary>True once the cloud has answered the hello on this link.</summary>
    public bool IsRegistered => _hello == HelloState.Registered;

    /// <summary>What control messages begin with.</summary>
    public MessageHeader Header => new(_pinned ?? _cluster?.Cluster, _epoch);

    /// <summary>Takes one event; returns what is to be done because of it, in order.</summary>
    public IReadOnlyList<ShipEffect> On(ShipEvent e, DateTimeOffset now)
    {
        _effects = [];
        Take(e, now);
        Pump(now);
        WakeAt = NextWake(now);
        return _effects;
    }

    private void Take(ShipEvent e, DateTimeOffset now)
    {
        switch (e)
        {
            case ShipEvent.LinkUp up:
                _link = new ShipperLink(_link.Generation + 1, true);
                _window.Open(up.ChunkBytes);
                (_hello, _helloWait) = (HelloState.Unsaid, _options.HelloMin);

                // What the cloud says and a broker keeps comes before the link counts as up: that stays.
                if (_lastError == _lostReason) _lastError = null;
                _laters.Clear();
                _laterUntil = default;
                break;
            case ShipEvent.LinkDown down:
                LoseLink(down.Reason);
                break;
            case ShipEvent.Cluster cluster:
                TakeCluster(cluster.Info);
                break;
            case ShipEvent.Answered answered:
                TakeAnswers(answered.Answers, now);
                break;
            case ShipEvent.NotUnderstood strange:
                _lastError = strange.Reason;
                break;
            case ShipEvent.Prepared prepared:
                TakePrepared(prepared, now);
                break;
            case ShipEvent.FormLost lost:
                if (_transfers.TryGetValue(lost.Hash, out Transfer? formless)) SendPlain(formless, now);
                break;
            case ShipEvent.Sent sent:
                TakeSent(sent.LinkGeneration, [sent.Hash, .. sent.Others], now);
                break;
            case ShipEvent.ReadFailed failed:
                if (_ledger.Find(failed.Hash) is { } unreadable) SetAside(unreadable, failed.Reason);
                break;
            case ShipEvent.LeafCut cut:
                if (_ledger.Add(cut.Leaf)) _pending.Add(cut.Leaf);
                break;
            case ShipEvent.LeavesCut cuts:
                foreach (ShipLeaf leaf in cuts.Leaves)
                    if (_ledger.Add(leaf)) _pending.Add(leaf);
                break;
            case ShipEvent.LeafDropped dropped:
                End(dropped.Hash, LeafState.Expired);
                break;
            case ShipEvent.IncarnationTaken taken:
                _incarnation = taken.Incarnation;
                (_hello, _helloWait) = (HelloState.Unsaid, _options.HelloMin);
                break;
            case ShipEvent.ConfirmAsked asked:
                Confirm(asked.Leaves, now);
                break;
            case ShipEvent.Pause pause:
                _isPaused = pause.IsPaused;
                break;
            case ShipEvent.RequeueAll:
                Requeue(before: null);
                break;
            case ShipEvent.Tick:
                break;
            default:
                throw new System.Diagnostics.UnreachableException(e.ToString());
        }
    }

    // Without a link nobody is asked, and nothing goes: the question is put again.
    private void Confirm(ImmutableArray<Leaf> leaves, DateTimeOffset now)
    {
        if (!_link.IsUp || _cluster is null || _hello != HelloState.Registered) return;
        foreach (Leaf[] page in Confirmations.Ask(leaves, now).Chunk(LeavesPerConfirm))
        {
            _effects.Add(new ShipEffect.SayControl(new EdgeControl(
                Header, _options.Edge, _options.Instance, new EdgeControl.Confirm([.. page]))));
        }
    }

    private void LoseLink(string reason)
    {
        _link = ShipperLink.Down with { Generation = _link.Generation };
        _hello = HelloState.Unsaid;
        (_lastError, _lostReason) = (reason, reason);
        foreach (Transfer transfer in _transfers.Values)
        {
            _ledger.Withdraw(transfer.Leaf.Leaf.Hash);
            _pending.Add(transfer.Leaf);
            _offeredBefore.Add(transfer.Leaf.Leaf.Hash);
        }

        _transfers.Clear();
        _streaming.Clear();
        _waiting.Clear();
        (_activeCount, _activeBytes, _isPreparing) = (0, 0, false);
    }

    private void TakeCluster(ClusterInfo info)
    {
        if (_pinned is { } pinned && pinned != info.Cluster)
        {
            _lastError =
                $"this broker's cluster is {info.Cluster}, this edge's {pinned}: nothing is shipped there. "
                + "If its own is gone for good, stop the edge, remove 'cluster-id' from its data directory "
                + "and start it again";
            return;
        }

        if (_pinned is null && _hello != HelloState.Registered && _cluster?.Cluster != info.Cluster)
            (_cluster, _epoch) = (info, info.Epoch);
        if (info.Epoch.Value < _epoch.Value || (_cluster is not null && _cluster.Cluster != info.Cluster))
            return;

        // A broker may keep the word of a node that was behind the others.
        if (info.Revision < HeardRevision) return;
        _cluster = info;
        if (info.Revision > 0) _effects.Add(new ShipEffect.TakeDatabases(info));
        _pending.Shard(info.ShardCount);
        RaiseEpoch(info.Epoch);
    }

    private void Pump(DateTimeOffset now)
    {
        if (!_link.IsUp || _cluster is null) return;
        bool helloDue = _hello == HelloState.Unsaid
            || (_hello is HelloState.Said or HelloState.Refused && _helloAt <= now);
        if (helloDue) SayHello(now);
        if (_hello != HelloState.Registered || _isPaused) return;
        if (_reconcileAt <= now)
        {
            _effects.Add(new ShipEffect.SayDigests(Header, _cluster));
            _reconcileAt = now + _options.ReconcileEvery;
        }

        if (!IsOpen(now)) return;
        while (_window.HasRoom && _bucket.ReadyAt(now) <= now && SendNext(now))
        {
            // Each turn sends one message; the window, the bandwidth or the lack of work ends it.
        }
    }

    private void SayHello(DateTimeOffset now)
    {
        EdgeControl.Hello hello = new(_incarnation, _options.ProgramVersion);
        _effects.Add(
            new ShipEffect.SayControl(new EdgeControl(Header, _options.Edge, _options.Instance, hello)));
        _hello = HelloState.Said;
        _helloAt = now + _helloWait;
        _helloWait = Min(_helloWait * 2, _options.HelloMax);
    }

    private bool SendNext(DateTimeOffset now)
    {
        bool mayOffer = _laterUntil <= now;
        if (mayOffer && _waiting.Min is { } due && due.OfferAt <= now)
        {
            return OfferAgain(due, now);
        }

        Transfer? streaming = _isBacklogTurn ? _streaming.Min : _streaming.Max;
        ShipLeaf? pending = _isBacklogTurn ? _pending.Min : _pending.Max;
        if (pending is not null && !(mayOffer && !_isPreparing && MayStart(pending, now))) pending = null;
        if (pending is not null && streaming is not null)
        {
            bool pendingFirst = pending.CompareTo(streaming.Leaf) > 0 != _isBacklogTurn;
            if (!pendingFirst) pending = null;
        }

        if (pending is null && streaming is null) return false;
        _isBacklogTurn = !_isBacklogTurn;
        if (pending is not null) Start(pending, now);
        else SendChunk(streaming!, now);
        return true;
    }

    private bool MayStart(ShipLeaf leaf, DateTimeOffset now)
    {
        // Leaves in back-off do not keep others waiting as long as the cloud says anything at all.
        bool isHeard = now - (_heardAt ?? default) < 2 * _options.SilenceMin;
        int known = isHeard ? TransfersKnownMax : _options.TransfersMax;
        return _transfers.Count < known
            && _activeCount < _options.TransfersMax
            && (_activeCount == 0 || _activeBytes + leaf.BytesLength <= _options.TransferBytesMax);
    }

    private void Activate(Transfer transfer, bool isActive)
    {
        if (transfer.IsActive == isActive) return;
        transfer.IsActive = isActive;
        _activeCount += isActive ? 1 : -1;
        _activeBytes += isActive ? transfer.Leaf.BytesLength : -transfer.Leaf.BytesLength;
    }

    private void Forget(ContentHash hash)
    {
        if (!_transfers.Remove(hash, out Transfer? transfer)) return;
        Activate(transfer, false);
        _streaming.Remove(transfer);
        _waiting.Remove(transfer);
    }

    private DateTimeOffset? NextWake(DateTimeOffset now)
    {
        if (!_link.IsUp || _cluster is null) return null;
        if (_hello is HelloState.Said or HelloState.Refused) return _helloAt;
        if (_hello != HelloState.Registered || _isPaused) return null;
        DateTimeOffset wake = _reconcileAt;
        if (!IsOpen(now)) return Min(wake, _options.Hours!.NextLook(now));
        if (!_window.HasRoom) return wake;
        DateTimeOffset ready = _bucket.ReadyAt(now);
        if (_waiting.Min is { } waiting) wake = Min(wake, Max(Max(waiting.OfferAt, _laterUntil), ready));
        if (_streaming.Count > 0) wake = Min(wake, ready);
        if (_pending.Count > 0 && _laterUntil > now) wake = Min(wake, Max(_laterUntil, ready));
        else if (_pending.Count > 0 && ready > now) wake = Min(wake, ready);
        return wake;
    }

    private TimeSpan Silence(int attempts) => attempts > 30
        ? _options.SilenceMax
        : Min(_options.SilenceMin * Math.Pow(2, Math.Max(0, attempts - 1)), _options.SilenceMax);

    private bool IsOpen(DateTimeOffset now) => _options.Hours?.IsOpen(now) ?? true;

    private string StateText(DateTimeOffset now) => (_link.IsUp, _cluster, _hello) switch
    {
        (false, _, _) => "offline",
        (_, null, _) => "waiting for the cluster",
        (_, _, HelloState.Refused) => "refused",
        (_, _, HelloState.Registered) => _isPaused ? "paused"
            : IsOpen(now) ? "shipping" : ShipStatus.OutsideHours,
        _ => "saying hello",
    };

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
