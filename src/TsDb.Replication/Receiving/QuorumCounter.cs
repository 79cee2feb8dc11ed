using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Replication.Receiving;

/// <summary>
/// Counts, for each leaf on this node's way to durable, the owners that have it on disk. A count belongs to
/// one epoch; a new one begins it anew, because the owners may be others. Owners tell each other what they
/// stored and answer with what they have, so at least one of any two hears of both.
/// </summary>
internal sealed class QuorumCounter(ReceiverOptions options)
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<ContentHash, LeafCount> _counts = [];
    private readonly Queue<ContentHash> _order = new();
    private readonly HashSet<ContentHash> _durable = [];
    private readonly Queue<ContentHash> _durableOrder = new();
    private readonly SortedSet<ContentHash> _fresh = [];
    private readonly List<(NodeId Speaker, Leaf Leaf)> _owed = [];
    private ClusterConfiguration? _cluster;
    private ImmutableArray<ShardOwners> _owners = [];
    private DateTimeOffset _sweptAt;
    private DateTimeOffset _lookedAt;

    /// <summary>Leaves stored here that do not have their quorum yet.</summary>
    public int UndecidedCount => _counts.Values.Count(count => count.IsHere);

    /// <summary>Begins anew under a configuration: what is here is told to the owners of now.</summary>
    public void Configure(ClusterConfiguration cluster, DateTimeOffset now)
    {
        if (_cluster?.Epoch == cluster.Epoch)
        {
            _cluster = cluster;
            return;
        }

        _cluster = cluster;
        _owners = Placement.All(cluster);
        _durable.Clear();
        _durableOrder.Clear();
        foreach (LeafCount count in _counts.Values)
        {
            count.Owners = OwnersOf(count.Leaf);
            count.Counted.Clear();
            count.Holders.Clear();
            if (count.IsHere && count.SelfCounts) count.Counted.Add(options.Self);
            (count.NoticeAt, count.NoticeWait) = (now, options.NoticeMin);
        }
    }

    /// <summary>Leaves that are here and being counted, by hash.</summary>
    public Leaf[] Counting => [.. _counts.Values.Where(count => count.IsHere).Select(count => count.Leaf)];

    /// <summary>True if the leaf is known to be durable at this epoch.</summary>
    public bool IsDurable(ContentHash hash) => _durable.Contains(hash);

    /// <summary>True if the leaf is here and being counted.</summary>
    public bool IsCounting(ContentHash hash) =>
        _counts.TryGetValue(hash, out LeafCount? count) && count.IsHere;

    /// <summary>True if anything is known of the leaf.</summary>
    public bool Knows(ContentHash hash) => _durable.Contains(hash) || _counts.ContainsKey(hash);

    /// <summary>
    /// The edge is about to drop what it has of a leaf: it is counted from nothing, so that the answer is
    /// about now, and until as many owners have it as that takes.
    /// </summary>
    public void RecountToDrop(Leaf leaf, DateTimeOffset now)
    {
        _durable.Remove(leaf.Hash);
        LeafCount count = CountOf(leaf, now);
        count.Counted.Clear();
        count.Holders.Clear();
        count.IsToDrop = true;
    }

    /// <summary>The edge offers a leaf: it has it, and waits for the write quorum only.</summary>
    public void Offered(ContentHash hash)
    {
        if (_counts.TryGetValue(hash, out LeafCount? count)) count.IsToDrop = false;
    }

    /// <summary>
    /// The leaf is on disk here. <paramref name="isAsked"/>: the edge waits for this node's answer, whoever
    /// else may give it.
    /// </summary>
    public void Here(Leaf leaf, bool counts, bool isAsked, DateTimeOffset now)
    {
        LeafCount count = CountOf(leaf, now);
        _fresh.Add(leaf.Hash);
        count.IsHere = true;
        count.IsAsked |= isAsked;
        count.SelfCounts = counts;
        if (counts) count.Counted.Add(options.Self);
        (count.NoticeAt, count.NoticeWait) = (now, options.NoticeMin);
    }

    /// <summary>Another owner has the leaf on disk.</summary>
    public void Heard(NodeId node, Leaf leaf, bool counts, DateTimeOffset now)
    {
        if (_durable.Contains(leaf.Hash)) return;
        LeafCount count = CountOf(leaf, now);

        // Also a former owner that gives away what it still has: it is no part of a quorum, but it can give.
        count.Holders.Add(node);
        if (counts && count.Owners.All.Contains(node)) count.Counted.Add(node);
    }

    /// <summary>Who else is known to have the leaf; null if nobody is.</summary>
    public NodeId? HolderOf(ContentHash hash) =>
        _counts.TryGetValue(hash, out LeafCount? count) && count.Holders.Count > 0 ? count.Holders.Min : null;

    /// <summary>Leaves of that tag that are not here and that others are known to have.</summary>
    public Leaf[] HeldElsewhere(LeafTag tag) =>
    [
        .. _counts.Values
            .Where(count => !count.IsHere && count.Holders.Count > 0 && count.Leaf.Hash.Tag == tag)
            .Select(count => count.Leaf),
    ];

    /// <summary>
    /// The leaf if it has just reached its quorum, and whether this node should tell the edge: it was asked,
    /// or it is the first of the owners that were counted. The others stay silent; if the word is lost the
    /// edge asks again.
    /// </summary>
    public bool Decide(ContentHash hash, out bool speaks)
    {
        speaks = false;
        if (!_counts.TryGetValue(hash, out LeafCount? count)) return false;
        if (!count.IsHere || !count.HasEnough([.. count.Holders, options.Self])) return false;
        NodeId speaker = count.Owners.All.First(owner =>
            owner == options.Self || count.Counted.Contains(owner) || count.Holders.Contains(owner));
        speaks = count.IsAsked || speaker == options.Self;

        // Its own notice may have come before the leaf was here: without this one it would not know of the
        // quorum before it asks again.
        if (!speaks && _fresh.Contains(hash)) _owed.Add((speaker, count.Leaf));
        _counts.Remove(hash);
        if (!_durable.Add(hash)) return true;
        _durableOrder.Enqueue(hash);
        while (_durable.Count > options.CountedLeavesMax && _durableOrder.TryDequeue(out ContentHash oldest))
            _durable.Remove(oldest);
        return true;
    }

    /// <summary>Forgets a leaf: it is not here any more, or never will be.</summary>
    public void Forget(ContentHash hash)
    {
        _counts.Remove(hash);
        _durable.Remove(hash);
    }

    /// <summary>
    /// Co-owners to be told now, with what: new leaves at once, the others again after a wait. At the end of
    /// each turn.
    /// </summary>
    public SortedDictionary<NodeId, List<Leaf>> NoticesDue(DateTimeOffset now)
    {
        SortedDictionary<NodeId, List<Leaf>> due = [];
        foreach ((NodeId speaker, Leaf leaf) in _owed) Add(speaker, leaf);
        _owed.Clear();
        bool isSweep = now - _sweptAt >= SweepEvery;
        if (isSweep) _sweptAt = now;
        foreach (ContentHash hash in isSweep ? [.. _counts.Keys] : _fresh)
        {
            if (!_counts.TryGetValue(hash, out LeafCount? count) || !count.IsHere || count.NoticeAt > now)
                continue;
            foreach (NodeId owner in count.Owners.All)
            {
                if (owner == options.Self || count.Counted.Contains(owner)) continue;
                bool isNewcomer = count.Owners.Move?.From.Contains(owner) == false;
                if (isNewcomer && count.Holders.Contains(owner)) continue;
                Add(owner, count.Leaf);
            }

            count.NoticeAt = now + count.NoticeWait;
            TimeSpan doubled = count.NoticeWait * 2;
            count.NoticeWait = doubled < options.NoticeMax ? doubled : options.NoticeMax;
        }

        _fresh.Clear();

        return due;

        void Add(NodeId owner, Leaf leaf)
        {
            if (!due.TryGetValue(owner, out List<Leaf>? leaves)) due.Add(owner, leaves = []);
            leaves.Add(leaf);
        }
    }

    /// <summary>Leaves that co-owners have had for a while and that have not come here.</summary>
    public List<Leaf> FetchesDue(DateTimeOffset now)
    {
        if (now - _lookedAt < SweepEvery) return [];
        _lookedAt = now;
        List<Leaf> due = [];
        foreach (LeafCount count in _counts.Values)
        {
            if (count.IsHere || count.Holders.Count == 0 || now - count.FetchAt < options.FetchAfter)
                continue;
            count.FetchAt = now;
            due.Add(count.Leaf);
        }

        return due;
    }

    private ShardOwners OwnersOf(Leaf leaf) => _owners[ShardId.Of(leaf.Cell, _owners.Length).Value];

    private LeafCount CountOf(Leaf leaf, DateTimeOffset now)
    {
        if (_counts.TryGetValue(leaf.Hash, out LeafCount? known)) return known;
        while (_counts.Count >= options.CountedLeavesMax && _order.TryDequeue(out ContentHash oldest))
            _counts.Remove(oldest);
        LeafCount count = new(leaf, OwnersOf(leaf), now) { NoticeWait = options.NoticeMin };
        _counts.Add(leaf.Hash, count);
        _order.Enqueue(leaf.Hash);

        // The order names decided leaves too: they go when they are as many as there may be counts.
        for (int i = _order.Count; i > 0 && _order.Count > 2 * options.CountedLeavesMax; i--)
        {
            ContentHash next = _order.Dequeue();
            if (_counts.ContainsKey(next)) _order.Enqueue(next);
        }

        return count;
    }

    private sealed class LeafCount(Leaf leaf, ShardOwners owners, DateTimeOffset now)
    {
        public Leaf Leaf { get; } = leaf;

        public ShardOwners Owners { get; set; } = owners;

        public SortedSet<NodeId> Counted { get; } = [];

        public SortedSet<NodeId> Holders { get; } = [];

        public bool IsHere { get; set; }

        public bool SelfCounts { get; set; }

        public bool IsAsked { get; set; }

        public bool IsToDrop { get; set; }

        public DateTimeOffset NoticeAt { get; set; } = now;

        public TimeSpan NoticeWait { get; set; }

        public DateTimeOffset FetchAt { get; set; } = now;

        public bool HasEnough(NodeId[] holders) => IsToDrop
            ? Owners.MayEdgeDrop(Counted, holders)
            : Owners.IsDurable(Counted, holders);
    }
}
