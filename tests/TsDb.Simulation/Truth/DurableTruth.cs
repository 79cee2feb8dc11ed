using TsDb.Codec.Shipment;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Nodes;

namespace TsDb.Simulation.Truth;

/// <summary>
/// What the cloud has called durable. Each such word is judged when it is said, and from then on every answer
/// that calls itself complete must hold it.
/// </summary>
internal sealed class DurableTruth(World world)
{
    private readonly HashSet<ContentHash> _said = [];
    private readonly List<Leaf> _unread = [];
    private readonly Dictionary<ContentHash, HashSet<NodeId>> _credits = [];
    private readonly SortedDictionary<EdgeId, SortedDictionary<(TableId, Day), List<Content>>> _read = [];
    private readonly Dictionary<EdgeId, Dictionary<PointKey, PointValue>> _points = [];

    /// <summary>Leaves that were called durable.</summary>
    public int Count => _said.Count;

    /// <summary>A node says this to an edge.</summary>
    public void Heard(SimulatedNode node, EdgeAnswers message)
    {
        foreach (EdgeAnswer.Durable durable in message.Answers.OfType<EdgeAnswer.Durable>())
            Judge(node, message.Header.Epoch, durable.Hash);
    }

    /// <summary>A node is about to lose its disk: what was said of it before was true.</summary>
    public void Credit(SimulatedNode node)
    {
        foreach (StoredLeaf leaf in node.Held.Cells.SelectMany(cell => cell.Leaves))
        {
            bool counts = node.IsWhole(ShardId.Of(leaf.Cell, World.ShardCount))
                || world.Raft.Latest!.MoveOf(ShardId.Of(leaf.Cell, World.ShardCount)) is not null;
            if (!counts) continue;
            if (!_credits.TryGetValue(leaf.Hash, out HashSet<NodeId>? nodes))
                _credits.Add(leaf.Hash, nodes = []);
            nodes.Add(node.Self);
        }
    }

    /// <summary>True if every durable leaf is on the disk of another node than this one as well.</summary>
    public bool IsSpare(SimulatedNode node)
    {
        HashSet<ContentHash> others = [.. world.Nodes.Where(other => other != node)
            .SelectMany(other => other.Held.Cells).SelectMany(cell => cell.Leaves).Select(l => l.Hash)];
        return _said.IsSubsetOf(others);
    }

    /// <summary>The points of an edge in durable leaves, as far as a node that is up has them.</summary>
    public IReadOnlyDictionary<PointKey, PointValue> PointsOf(EdgeId edge)
    {
        ReadNew();
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

    private int OrderOf(Leaf leaf) =>
        world.Raft.Latest!.Edges[leaf.Cell.Edge].Incarnations.IndexOf(leaf.Incarnation);

    private void Judge(SimulatedNode node, Epoch epoch, ContentHash hash)
    {
        StoredLeaf stored = node.Held.Cells.SelectMany(c => c.Leaves).FirstOrDefault(l => l.Hash == hash)
            ?? throw new SimulationException($"{node.Name} calls {hash} durable and has not got it");
        ClusterConfiguration cluster = node.Raft!.Current!;
        if (cluster.Epoch != epoch) return;
        ShardId shard = ShardId.Of(stored.Cell, World.ShardCount);
        ShardOwners owners = Placement.Of(cluster, shard);
        bool IsCredited(NodeId owner) => _credits.GetValueOrDefault(hash)?.Contains(owner) == true;
        NodeId[] holders = [.. owners.All.Where(owner => IsCredited(owner)
            || world.Find(owner)?.Held.Find(stored.Leaf) is not null)];
        NodeId[] counted = [.. holders.Where(owner => IsCredited(owner)
            || world.Find(owner)?.IsWhole(shard) == true)];
        if (!owners.IsDurable(counted, holders))
        {
            throw new SimulationException(
                $"{node.Name} calls {stored.Leaf} durable, and it counts on "
                + $"[{string.Join(' ', holders)}] only");
        }

        if (_said.Add(hash)) _unread.Add(stored.Leaf);
    }

    private void ReadNew()
    {
        for (int i = _unread.Count - 1; i >= 0; i--)
        {
            Leaf leaf = _unread[i];
            SimulatedNode? holder = world.Nodes.FirstOrDefault(n => n.IsUp && n.Held.Find(leaf) is not null);
            if (holder is null) continue;
            _unread.RemoveAt(i);
            ReadOnlyMemory<byte> bytes = holder.Disk.Read(StoredLeaf.PathOf(leaf));
            SortedDictionary<(TableId, Day), List<Content>> cells =
                _read.TryGetValue(leaf.Cell.Edge, out var found) ? found : _read[leaf.Cell.Edge] = [];
            (TableId, Day) place = (leaf.Cell.Table, leaf.Cell.Day);
            if (!cells.TryGetValue(place, out List<Content>? contents)) cells.Add(place, contents = []);
            contents.Add(new Content(leaf, world.Decoded.Read(bytes)));
            _points.Remove(leaf.Cell.Edge);
        }
    }

    private sealed record Content(Leaf Leaf, TableBatch Batch);
}
