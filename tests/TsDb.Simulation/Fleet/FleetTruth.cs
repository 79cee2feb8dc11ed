using System.Globalization;
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;

namespace TsDb.Simulation.Fleet;

/// <summary>What the cloud holds, read from the files of its nodes, against what clients were told.</summary>
public static class FleetTruth
{
    /// <summary>True if all nodes are up and the owners of every shard have the same leaves.</summary>
    public static bool IsSettled(FleetWorld world)
    {
        int shards = world.Cluster.ShardCount;
        return world.Nodes.All(node => node.IsUp) && Enumerable.Range(0, shards)
            .Select(number => new ShardId(number))
            .All(shard => Owners(world, shard)
                .Select(node => node.Store!.Current.ShardDigests(shards).GetValueOrDefault(shard))
                .Distinct().Count() == 1);
    }

    /// <summary>
    /// The points of an edge in the cloud, merged by key as a query would, from one owner of each cell.
    /// </summary>
    public static SortedDictionary<string, long> PointsOf(FleetWorld world, SimulatedEdge edge)
    {
        SortedDictionary<string, long> points = new(StringComparer.Ordinal);
        IEnumerable<Cell> cells = world.Nodes.SelectMany(node => node.Store!.Current.Cells)
            .Select(cell => cell.Cell).Where(cell => cell.Edge == edge.Id).Distinct().Order();
        foreach (Cell cell in cells)
        {
            SimulatedNode owner = Owners(world, ShardId.Of(cell, world.Cluster.ShardCount)).First();
            List<Incarnation> order = [.. world.Cluster.Edges[edge.Id].Incarnations];
            TableBatch[] oldestFirst =
            [
                .. owner.Store!.Current.Find(cell)!.Leaves
                    .OrderBy(leaf => order.IndexOf(leaf.Incarnation)).ThenBy(leaf => leaf.Ordinal)
                    .Select(leaf => Read(owner.Store, leaf)),
            ];
            Collect(KeyMerge.Merge(cell.Table, oldestFirst).Batch, points);
        }

        return points;
    }

    private static IEnumerable<SimulatedNode> Owners(FleetWorld world, ShardId shard) =>
        Placement.Owners(world.Cluster, shard).Select(id => world.Nodes.Single(node => node.Self == id));

    private static TableBatch Read(ReplicaStore store, StoredLeaf leaf)
    {
        ReadOnlyMemory<byte> bytes = store.Read(leaf.Leaf, 0, (int)leaf.Extent.BytesLength);
        Assert.Equal(leaf.Hash, ContentHash.Of(bytes.Span));
        using MemoryStream stream = new(bytes.ToArray());
        using SegmentReader reader = SegmentReader.Open(stream);
        return reader.Read().Batch;
    }

    private static void Collect(TableBatch batch, SortedDictionary<string, long> points)
    {
        StringArray hosts = (StringArray)batch.Series.Column(0);
        Int64Array values = (Int64Array)batch.Rows.Column(TableBatch.FieldsStart);
        for (int row = 0; row < batch.RowCount; row++)
        {
            string time = batch.Times[row].ToString(CultureInfo.InvariantCulture);
            points.Add($"host={hosts.GetString(batch.SeriesIndex[row])}@{time}", values.GetValue(row)!.Value);
        }
    }
}
