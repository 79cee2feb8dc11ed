using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Serving;

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
            return _view = _seen is null ? null : ClusterViews.Of(cluster.Self, _seen);
        }
    }

    public bool IsLive(NodeId node) => cluster.IsLive(node);
}
