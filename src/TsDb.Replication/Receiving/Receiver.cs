using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>
/// A cloud node's side of shipping, as a state machine: events in, effects out, no clock, no thread, no I/O.
/// Any message may be lost, doubled, delayed or reordered. An owner of a shard puts together what is offered,
/// keeps it once verified, tells its co-owners, and counts: the leaf that the write quorum has on disk at the
/// current epoch is durable, and only then the edge is told so. Used by one thread at a time.
/// </summary>
public sealed partial class Receiver
{
    private const int DamagesMax = 3;

    private readonly ReceiverOptions _options;
    private readonly Func<ReplicaVersion> _stored;
    private readonly Func<ShardId, bool> _counts;
    private readonly EdgeGreeter _greeter;
    private readonly QuorumCounter _counter;
    private readonly SortedDictionary<ContentHash, Assembly> _assemblies = [];
    private readonly SortedDictionary<ContentHash, long> _keeping = [];
    private readonly SortedSet<ContentHash> _fetching = [];
    private readonly SortedDictionary<ContentHash, int> _damages = [];
    private readonly SortedSet<ContentHash> _unreferred = [];

    // Leaves whose holder did not give them: what the edge still sends is asked for there.
    private readonly SortedSet<ContentHash> _unfetched = [];
    private List<ReceiveEffect> _effects = [];
    private ClusterConfiguration? _cluster;
    private ImmutableHashSet<ShardId> _owned = [];
    private long _pendingBytes;
    private DateTimeOffset _fullUntil;
    private DateTimeOffset _wordAt;
    private bool _isWordOld;

    /// <summary>A receiver before its cluster is known: until then it ignores everything.</summary>
    /// <param name="options">Identity and limits.</param>
    /// <param name="stored">What is on disk now.</param>
    /// <param name="counts">Whether what this node stores of a shard counts.</param>
    /// <param name="isLive">Whether a member is thought to answer now.</param>
    public Receiver(
        ReceiverOptions options,
        Func<ReplicaVersion> stored,
        Func<ShardId, bool> counts,
        Func<NodeId, bool> isLive)
    {
        (_options, _stored, _counts) = (options, stored, counts);
        _greeter = new EdgeGreeter(options, isLive);
        _counter = new QuorumCounter(options);
    }

    /// <summary>The configuration it acts under; null until one is known.</summary>
    public ClusterConfiguration? Cluster => _cluster;

    /// <summary>Shards that this node owns.</summary>
    public ImmutableHashSet<ShardId> Owned => _owned;

    /// <summary>Bytes being put together or waiting to be stored.</summary>
    public long PendingBytes => _pendingBytes;

    /// <summary>Leaves stored here whose quorum is not reached yet.</summary>
    public int UndecidedCount => _counter.UndecidedCount;

    /// <summary>Edges heard of since the start, by id.</summary>
    public ImmutableArray<EdgeSeen> EdgesSeen => [.. _greeter.Seen];

    /// <summary>Takes one event and says what is to be done about it, in order.</summary>
    public IReadOnlyList<ReceiveEffect> On(ReceiveEvent happened, DateTimeOffset now)
    {
        if (happened is ReceiveEvent.Configured configured) Configure(configured.Cluster, now);
        else if (_cluster is not null) Take(happened, now);
        if (_cluster is not null) TellOwners(now);
        List<ReceiveEffect> effects = _effects;
        _effects = [];
        return effects;
    }

    private void Take(ReceiveEvent happened, DateTimeOffset now)
    {
        switch (happened)
        {
            case ReceiveEvent.Said said:
                if (said.Message.Edge == said.Edge && IsOurs(said.Message.Header)) Hear(said.Message, now);
                break;
            case ReceiveEvent.Offered offered:
                if (IsOurs(offered.Message.Header)) TakeOffers(offered, now);
                break;
            case ReceiveEvent.Opened opened:
                TakeOpened(opened, now);
                break;
            case ReceiveEvent.ChunkCame chunk:
                TakeChunk(chunk, now);
                break;
            case ReceiveEvent.PresenceCame presence:
                _greeter.Hear(presence.Broker, presence.Presence, now);
                break;
            case ReceiveEvent.BrokerLost lost:
                _greeter.Lose(lost.Broker, now);
                break;
            case ReceiveEvent.Finished finished:
                Finish(finished, now);
                break;
            case ReceiveEvent.FetchFailed failed:
                _fetching.Remove(failed.Leaf.Hash);
                if (_unfetched.Count >= _options.PendingCountMax) _unfetched.Clear();
                _unfetched.Add(failed.Leaf.Hash);
                break;
            case ReceiveEvent.Noticed noticed:
                TakeNotice(noticed.Notice, now);
                break;
            case ReceiveEvent.NoticeAnswered answered:
                TakeReply(answered, now);
                break;
            case ReceiveEvent.RegisterEnded ended:
                AnswerRegistered(ended, now);
                break;
            case ReceiveEvent.RepairEnded ended:
                AnswerMissing(ended, now);
                TellForks(ended.Shard);
                break;
            case ReceiveEvent.CreateEnded:
                break;
            case ReceiveEvent.Tick:
                Tick(now);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(happened.ToString());
        }
    }

    private void Configure(ClusterConfiguration cluster, DateTimeOffset now)
    {
        if (_cluster is { } current && cluster.Epoch.Value < current.Epoch.Value) return;
        bool isNewEpoch = _cluster?.Epoch != cluster.Epoch;
        if (_cluster?.Revision != cluster.Revision) _wordAt = now;
        _cluster = cluster;
        _owned =
        [
            .. Enumerable.Range(0, cluster.ShardCount).Select(number => new ShardId(number))
                .Where(shard => Placement.Of(cluster, shard).All.Contains(_options.Self)),
        ];
        _counter.Configure(cluster, now);
        if (isNewEpoch)
        {
            foreach (Leaf leaf in _counter.Counting) Decide(leaf);
        }

        foreach (Assembly assembly in _assemblies.Values.ToArray())
        {
            if (!_owned.Contains(ShardOf(assembly.Offer.Leaf))) Drop(assembly);
        }

        foreach (EdgeId edge in _registering.Keys.ToArray()) AnswerRegistered(edge, now);
    }

    // An edge may be behind with the epoch, or ahead: what it sends is kept either way, only answers have an
    // epoch.
    private bool IsOurs(MessageHeader header) => header.Cluster is null || header.Cluster == _cluster!.Id;

    private ShardId ShardOf(Leaf leaf) => ShardId.Of(leaf.Cell, _cluster!.ShardCount);

    private void Answer(EdgeId edge, EdgeAnswer answer) =>
        _effects.Add(new ReceiveEffect.Answer(edge, answer));

    private void TellOwners(DateTimeOffset now)
    {
        foreach ((NodeId node, List<Leaf> leaves) in _counter.NoticesDue(now))
        {
            foreach (Leaf[] part in leaves.Chunk(Repair.StoredNotice.LeavesMax))
                _effects.Add(new ReceiveEffect.Notify(node, [.. part]));
        }
    }

    private void Tick(DateTimeOffset now)
    {
        foreach (Assembly assembly in _assemblies.Values.ToArray())
        {
            TimeSpan silence = _options.SilenceMin * Math.Pow(2, assembly.Wants);
            if (silence > _options.SilenceMax) silence = _options.SilenceMax;
            if (now - assembly.MovedAt < silence) continue;
            Offer offer = assembly.Offer;
            if (!_unfetched.Contains(offer.Leaf.Hash) && _counter.HolderOf(offer.Leaf.Hash) is { } holder)
            {
                Drop(assembly);
                Fetch(offer.Leaf, holder);
            }
            else if (assembly.Wants >= _options.WantsMax)
            {
                Drop(assembly);
            }
            else
            {
                Answer(offer.Leaf.Cell.Edge, assembly.Want(now));
            }
        }

        foreach (Leaf leaf in _counter.FetchesDue(now))
        {
            bool isComing = _assemblies.ContainsKey(leaf.Hash) || _keeping.ContainsKey(leaf.Hash);
            if (!isComing && _stored().Find(leaf) is null && _counter.HolderOf(leaf.Hash) is { } holder)
                Fetch(leaf, holder);
        }

        ForgetOldLists(now);
        SayClusterAgain(now);
    }

    // Not at once: what an edge had not heard yet may have been on its way.
    private void SayClusterAgain(DateTimeOffset now)
    {
        if (!_isWordOld || now < _wordAt + _options.ClusterWordEvery) return;
        (_isWordOld, _wordAt) = (false, now);
        _effects.Add(new ReceiveEffect.SayCluster());
    }

    private void Fetch(Leaf leaf, NodeId from)
    {
        if (_fetching.Count >= _options.PendingCountMax || !_fetching.Add(leaf.Hash)) return;
        _effects.Add(new ReceiveEffect.Fetch(leaf, from));
    }

    private void Drop(Assembly assembly)
    {
        _assemblies.Remove(assembly.Offer.Leaf.Hash);
        _pendingBytes -= assembly.Offer.TransferBytes;
    }

    private void Finish(ReceiveEvent.Finished finished, DateTimeOffset now)
    {
        Leaf leaf = finished.Leaf;
        EdgeId edge = leaf.Cell.Edge;
        _fetching.Remove(leaf.Hash);
        _unfetched.Remove(leaf.Hash);
        if (_keeping.Remove(leaf.Hash, out long bytes)) _pendingBytes -= bytes;
        switch (finished.Outcome)
        {
            case ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent:
                _damages.Remove(leaf.Hash);
                _unreferred.Remove(leaf.Hash);
                _unopened.Remove(leaf.Hash.Tag.Value);
                if (_assemblies.TryGetValue(leaf.Hash, out Assembly? other)) Drop(other);
                _counter.Here(leaf, _counts(ShardOf(leaf)), isAsked: false, now);
                Decide(leaf);
                break;
            case ReceiveOutcome.Fork:
                RefuseFork(leaf);
                break;
            case ReceiveOutcome.DiskFull:
                _fullUntil = now + (_options.DiskFullWait / 2);
                Answer(edge, new EdgeAnswer.Later(_options.DiskFullWait, leaf.Hash, "the disk is full"));
                break;
            case ReceiveOutcome.DiskFailed:
                Answer(edge, new EdgeAnswer.Later(_options.BusyWait, leaf.Hash, "the disk failed"));
                break;
            case ReceiveOutcome.Damaged:
                int damages = _damages[leaf.Hash] = _damages.GetValueOrDefault(leaf.Hash) + 1;
                if (_damages.Count > _options.PendingCountMax) _damages.Clear();
                Answer(edge, damages < DamagesMax
                    ? new EdgeAnswer.Want(leaf.Hash, TransferForm.Plain, [])
                    : new EdgeAnswer.Refuse(leaf.Hash, finished.Reason));
                break;
            case ReceiveOutcome.ReferenceMissing:
                // Usually the other owners have it, and this one gets it from them. Asked for only when it
                // comes again, which shows that they have not.
                if (_unreferred.Remove(leaf.Hash))
                    Answer(edge, new EdgeAnswer.Want(leaf.Hash, TransferForm.Plain, []));
                else if (_unreferred.Count < _options.PendingCountMax) _unreferred.Add(leaf.Hash);
                FetchUnreadable(leaf);
                break;
            case ReceiveOutcome.NotRebuilt:
                Answer(edge, new EdgeAnswer.Want(leaf.Hash, TransferForm.Plain, []));
                break;
            case ReceiveOutcome.Refused:
                Answer(edge, new EdgeAnswer.Refuse(leaf.Hash, finished.Reason));
                break;
            default:
                throw new System.Diagnostics.UnreachableException($"{finished.Outcome}");
        }
    }

    private void Decide(Leaf leaf)
    {
        if (_counter.IsCounting(leaf.Hash) && IsForked(leaf)) RefuseFork(leaf);
        else if (_counter.Decide(leaf.Hash, out bool speaks) && speaks)
            Answer(leaf.Cell.Edge, new EdgeAnswer.Durable(leaf.Hash));
    }

    // Two cuts of one number have no order of newness: neither is durable from here, and the edge cuts the
    // rows of its own anew.
    private bool IsForked(Leaf leaf) => _stored().IsForked(leaf);

    private void RefuseFork(Leaf leaf)
    {
        _counter.Forget(leaf.Hash);
        EdgeId edge = leaf.Cell.Edge;
        string reason = $"shipment {leaf.Ordinal.Value} of {leaf.Cell} is here with other bytes";
        Answer(edge, new EdgeAnswer.Refuse(leaf.Hash, reason, IsFork: true));

        // It may be the other one's leaf, of which the edge knows nothing.
        TellApart(leaf.Cell, leaf.Incarnation, leaf.Ordinal);
    }
}
