using TsDb.Model;
using TsDb.Storage.Shipping;

namespace TsDb.Replication.Shipping;

/// <summary>
/// Shipments that wait for their turn, by newness, and those of each shard, which may travel together.
/// </summary>
internal sealed class PendingLeaves
{
    private readonly SortedSet<ShipLeaf> _all = [];
    private readonly Dictionary<ShardId, SortedSet<ShipLeaf>> _ofShard = [];
    private int _shardCount;

    public int Count => _all.Count;

    /// <summary>The oldest; null if there are none.</summary>
    public ShipLeaf? Min => _all.Min;

    /// <summary>The newest; null if there are none.</summary>
    public ShipLeaf? Max => _all.Max;

    public void Add(ShipLeaf leaf)
    {
        if (_all.Add(leaf) && _shardCount > 0) OfShard(leaf).Add(leaf);
    }

    public void Remove(ShipLeaf leaf)
    {
        if (_all.Remove(leaf) && _shardCount > 0) OfShard(leaf).Remove(leaf);
    }

    /// <summary>From now on the cluster has so many shards.</summary>
    public void Shard(int count)
    {
        if (_shardCount == count) return;
        _shardCount = count;
        _ofShard.Clear();
        foreach (ShipLeaf leaf in _all) OfShard(leaf).Add(leaf);
    }

    /// <summary>Others of the same shard, newest or oldest first.</summary>
    public IEnumerable<ShipLeaf> Companions(ShipLeaf leaf, bool oldestFirst)
    {
        SortedSet<ShipLeaf> shard = OfShard(leaf);
        return (oldestFirst ? shard : shard.Reverse()).Where(other => !ReferenceEquals(other, leaf));
    }

    private SortedSet<ShipLeaf> OfShard(ShipLeaf leaf)
    {
        ShardId shard = ShardId.Of(leaf.Leaf.Cell, _shardCount);
        if (!_ofShard.TryGetValue(shard, out SortedSet<ShipLeaf>? leaves)) _ofShard.Add(shard, leaves = []);
        return leaves;
    }
}
