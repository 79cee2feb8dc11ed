using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Simulation.Nodes;

/// <summary>The cluster as a node's coordinator sees it.</summary>
internal sealed class NodeWatch(IClusterState cluster) : IClusterWatch
{
    private ClusterConfiguration? _seen;
    private ClusterView? _view;

    public ClusterView? Current
    {
        get
        {
            if (ReferenceEquals(_seen, cluster.Current)) return _view;
            _seen = cluster.Current;
            return _view = _seen is null ? null : new ClusterView
            {
                Self = cluster.Self,
                Owners = [.. Enumerable.Range(0, _seen.ShardCount)
                    .Select(number => Placement.Owners(_seen, new ShardId(number)))],
                ReadQuorum = _seen.ReadQuorum,
            };
        }
    }

    public bool IsLive(NodeId node) => cluster.IsLive(node);
}
