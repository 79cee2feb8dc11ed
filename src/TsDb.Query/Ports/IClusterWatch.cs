using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Query.Ports;

/// <summary>The cluster as the coordinator sees it.</summary>
public interface IClusterWatch
{
    /// <summary>The configuration now; null before the cluster is founded.</summary>
    ClusterView? Current { get; }

    /// <summary>
    /// Why what this node knows of the cluster may be past, so that a quorum by it is none; null if it is in
    /// touch with the majority.
    /// </summary>
    string? Detached => null;

    /// <summary>True if the node is thought to answer now; this node always is.</summary>
    bool IsLive(NodeId node);
}
