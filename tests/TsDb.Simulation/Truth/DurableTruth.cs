using System.Collections.Immutable;
using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Edges;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Nodes;

namespace TsDb.Simulation.Truth;

/// <summary>
/// What the cloud has called durable. Each such word is judged when it is said, and from then on every answer
/// that calls itself complete must hold it.
/// </summary>
internal sealed class DurableTruth(World world)
{
    private readonly Dictionary<ContentHash, Leaf> _said = [];
    private readonly HashSet<Leaf> _superseded = [];

    // What lay on a disk that is no more, by the directory that it was.
    private readonly Dictionary<ContentHash, HashSet<Guid>> _credits = [];
    private readonly SortedDictionary<EdgeId, SortedDictionary<(TableId, Day), List<Content>>> _read = [];
    private readonly Dictionary<EdgeId, Dictionary<PointKey, PointValue>> _points = [];

    /// <summary>Leaves that were called durable.</summary>
    public int Count => _said.Count;

    /// <summary>True if somebody has called it durable.</summary>
    public bool Was(ContentHash hash) => _said.ContainsKey(hash);

    /// <summary>A node says this to an edge.</summary>
    public void Heard(SimulatedNode node, EdgeAnswers message)
    {
        foreach (EdgeAnswer.Durable durable in message.Answers.OfType<EdgeAnswer.Durable>())
            Judge(node, message.Header.Epoch, durable.Hash);
    }

    /// <summary>
    /// An edge says that what stands for these leaves is durable, which is judged now. Their points have to
    /// be in every answer still, but for those that are erased for good; the leaves need not.
    /// </summary>
    public void Supersede(ImmutableArray<Leaf> leaves)
    {
        PointFilter final = PointFilter.Final(world.Raft.Latest!.Erasures);
        Leaf[] news = [.. leaves.Where(leaf => _superseded.Add(leaf) && _said.ContainsKey(leaf.Hash))];
        foreach (IGrouping<Cell, Leaf> cell in news.GroupBy(leaf => leaf.Cell))
        {
            List<Content> contents = _read[cell.Key.Edge][(cell.Key.Table, cell.Key.Day)];
            HashSet<PointKey> left =
                [.. contents.Where(content => !IsSuperseded(content)).SelectMany(KeysOf)];
            foreach (Content gone in contents.Where(content => IsSuperseded(content)
                && content.Leaves.Any(leaf => cell.Contains(leaf))))
            {
                if (KeysOf(gone).All(key => left.Contains(key) || !final.Shows(key))) continue;
                throw new SimulationException(
                    $"{gone.Leaf} is called superseded, and its points are in no other durable leaf");
            }
        }
    }

    /// <summary>Throws if files of nodes or edges have a point that is erased for good.</summary>
    public void RequirePurged()
    {
        PointFilter final = PointFilter.Final(world.Raft.Latest!.Erasures);
        foreach (SimulatedEdge edge in world.Edges) edge.RequirePurged();
        foreach (SimulatedNode node in world.Nodes)
        {
            foreach (StoredFile file in node.Held.Files)
            {
                PointSet set = new();
                set.Add(world.Decoded.Read(node.Disk.Read(file.Path)));
                if (set.Points.Keys.All(final.Shows)) continue;
                throw new SimulationException($"{node.Name}: {file.Path} has points erased for good");
            }
        }
    }

    /// <summary>A node is about to lose its disk: what was said of it before was true.</summary>
    public void Credit(SimulatedNode node)
    {
        foreach (Leaf leaf in node.Held.Cells.SelectMany(cell => cell.Leaves))
        {
            // A newcomer of a shard that moves counts for the set that it comes into.
            ShardId shard = ShardId.Of(leaf.Cell, World.ShardCount);
            if (!node.Counts(shard) && world.Raft.Latest!.MoveOf(shard) is null) continue;
            if (!_credits.TryGetValue(leaf.Hash, out HashSet<Guid>? directories))
                _credits.Add(leaf.Hash, directories = []);
            directories.Add(node.Directory);
        }
    }

    /// <summary>True if every durable leaf is on the disk of another node than this one as well.</summary>
    public bool IsSpare(SimulatedNode node)
    {
        SimulatedNode[] others = [.. world.Nodes.Where(other => other != node)];
        return Wanted.All(leaf => others.Any(other => other.Held.Find(leaf) is not null));
    }

    /// <summary>
    /// Throws if a shard has a read quorum of owners of which each counts and none has a durable leaf: a
    /// query could ask just these.
    /// </summary>
    public void RequireReadable()
    {
        ClusterConfiguration cluster = world.Raft.Latest!;
        foreach (IGrouping<ShardId, Leaf> shard in
            Wanted.GroupBy(leaf => ShardId.Of(leaf.Cell, World.ShardCount)))
        {
            ShardOwners owners = Placement.Of(cluster, shard.Key);
            SimulatedNode[] counting =
            [
                .. owners.Readers.Select(owner => world.Find(owner)!)
                    .Where(owner => IsMember(cluster, owner) && owner.IsWhole(shard.Key)),
            ];
            if (counting.Length < owners.ReadersQuorum) continue;
            foreach (Leaf leaf in shard)
            {
                SimulatedNode[] lacking = [.. counting.Where(owner => owner.Held.Find(leaf) is null)];
                if (lacking.Length < owners.ReadersQuorum) continue;
                throw new SimulationException(
                    $"{leaf} is durable, and [{string.Join(' ', lacking.Select(node => node.Name))}] count "
                    + "for its shard and lack it");
            }
        }
    }

    /// <summary>The points of an edge in durable leaves.</summary>
    public IReadOnlyDictionary<PointKey, PointValue> PointsOf(EdgeId edge)
    {
        if (_points.TryGetValue(edge, out Dictionary<PointKey, PointValue>? known)) return known;
        Dictionary<PointKey, PointValue> points = [];
        foreach (((TableId table, _), List<Content> contents) in _read.GetValueOrDefault(edge) ?? [])
        {
            TableBatch[] oldestFirst = [.. contents.OrderBy(content => OrderOf(content.Leaf))
                .ThenBy(content => content.Leaf.Ordinal).Select(content => content.Batch)];
            PointSet set = new();
            set.Add(KeyMerge.Merge(table, oldestFirst).Batch);
            foreach ((PointKey key, PointValue value) in set.Points) points.Add(key, value);
        }

        return _points[edge] = points;
    }

    /// <summary>What each durable leaf of an edge, oldest first, has of a point; for people.</summary>
    public IEnumerable<string> HistoryOf(EdgeId edge, PointKey key)
    {
        IEnumerable<Content> contents = _read.GetValueOrDefault(edge)?.Values.SelectMany(all => all) ?? [];
        foreach (Content content in contents.OrderBy(c => OrderOf(c.Leaf)).ThenBy(c => c.Leaf.Ordinal))
        {
            PointSet set = new();
            set.Add(content.Batch);
            if (set.Points.TryGetValue(key, out PointValue value)) yield return $"{content.Leaf}: {value}";
        }
    }

    private static IEnumerable<PointKey> KeysOf(Content content)
    {
        PointSet set = new();
        set.Add(content.Batch);
        return set.Points.Keys;
    }

    private IEnumerable<Leaf> Wanted => _said.Values.Where(leaf => !_superseded.Contains(leaf));

    private int OrderOf(Leaf leaf) =>
        world.Raft.Latest!.Edges[leaf.Cell.Edge].Incarnations.IndexOf(leaf.Incarnation);

    private static bool IsMember(ClusterConfiguration cluster, SimulatedNode node) =>
        cluster.Members.Any(member => member.DirectoryId == node.Directory);

    private void Judge(SimulatedNode node, Epoch epoch, ContentHash hash)
    {
        Leaf stored = node.Held.Cells.SelectMany(c => c.Leaves).FirstOrDefault(l => l.Hash == hash)
            ?? throw new SimulationException($"{node.Name} calls {hash} durable and has not got it");
        ClusterConfiguration cluster = world.Raft.Of(epoch);
        ShardId shard = ShardId.Of(stored.Cell, World.ShardCount);
        ShardOwners owners = Placement.Of(cluster, shard);
        NodeId[] holders = [.. owners.All.Where(owner => IsOn(cluster, owner, stored))];
        NodeId[] counted = [.. holders.Where(owner => IsCredited(cluster, owner, stored)
            || world.Find(owner)!.Counts(shard))];
        if (!owners.IsDurable(counted, holders))
        {
            throw new SimulationException(
                $"{node.Name} calls {stored} durable, and it counts on "
                + $"[{string.Join(' ', holders)}] only");
        }

        if (!_said.TryAdd(hash, stored)) return;
        SortedDictionary<(TableId, Day), List<Content>> cells =
            _read.TryGetValue(stored.Cell.Edge, out var found) ? found : _read[stored.Cell.Edge] = [];
        (TableId, Day) place = (stored.Cell.Table, stored.Cell.Day);
        if (!cells.TryGetValue(place, out List<Content>? contents)) cells.Add(place, contents = []);

        // Where it was merged already, with leaves that all owners have: they come with it.
        StoredFile file = node.Held.Find(stored)!;
        contents.Add(new Content([.. file.Leaves], world.Decoded.Read(node.Disk.Read(file.Path))));
        _points.Remove(stored.Cell.Edge);
    }

    // As the owner was in that configuration: with the disk that it has now, or one that it has lost since.
    private bool IsOn(ClusterConfiguration cluster, NodeId owner, Leaf leaf) =>
        IsCredited(cluster, owner, leaf) || (world.Find(owner) is { } node
            && node.Directory == DirectoryOf(cluster, owner) && node.Held.Find(leaf) is not null);

    private bool IsCredited(ClusterConfiguration cluster, NodeId owner, Leaf leaf) =>
        _credits.GetValueOrDefault(leaf.Hash)?.Contains(DirectoryOf(cluster, owner)) == true;

    private static Guid DirectoryOf(ClusterConfiguration cluster, NodeId owner) =>
        cluster.Members.FirstOrDefault(member => member.Id == owner)?.DirectoryId ?? default;

    // A merged file has rows of leaves of another life of the edge, too, which are not superseded with them.
    private bool IsSuperseded(Content content) => content.Leaves.All(_superseded.Contains);

    private sealed record Content(ImmutableArray<Leaf> Leaves, TableBatch Batch)
    {
        public Leaf Leaf => Leaves[^1];
    }
}
