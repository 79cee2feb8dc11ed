using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

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
                if (!ReferenceEquals(current, _seen)) _view = current is null ? null : View(current);
                _seen = current;
                return _view;
            }
        }
    }

    /// <inheritdoc/>
    public bool IsLive(NodeId node) => cluster.IsLive(node);

    private ClusterView View(ClusterConfiguration current) => new()
    {
        Self = cluster.Self,
        Owners = [.. Enumerable.Range(0, current.ShardCount)
            .Select(s => Placement.Owners(current, new ShardId(s)))],
        ReadQuorum = current.ReadQuorum,
        Databases = [.. current.Databases.Keys],
        Edges = [.. current.Edges.Keys],
    };
}
