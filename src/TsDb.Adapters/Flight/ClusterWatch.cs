using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Flight;

/// <summary>The cluster as coordinators see it, worked out once a configuration.</summary>
public sealed class ClusterWatch(IClusterState cluster) : IClusterWatch
{
    private readonly Lock _gate = new();
    private ClusterConfiguration? _seen;
    private ClusterView? _view;

    /// <inheritdoc/>
    public ClusterView? Current
    {
        get
        {
            ClusterConfiguration? current = cluster.Current;
            lock (_gate)
            {
                if (!ReferenceEquals(current, _seen))
                    _view = current is null ? null : ClusterViews.Of(cluster.Self, current);
                _seen = current;
                return _view;
            }
        }
    }

    /// <inheritdoc/>
    public string? Detached => cluster.Detached;

    /// <inheritdoc/>
    public bool IsLive(NodeId node) => cluster.IsLive(node);
}
