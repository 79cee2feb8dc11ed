using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>What a seed says of the backup that its directory was made of.</summary>
/// <param name="DirectoryId">The directory that the backup was taken of.</param>
/// <param name="Cluster">The cluster of then.</param>
/// <param name="Epoch">The epoch of then.</param>
/// <param name="LogIndex">Place in the cluster's log up to which the configuration was known there.</param>
public sealed record RestoredSeed(Guid DirectoryId, ClusterId Cluster, Epoch Epoch, long LogIndex)
{
    /// <summary>Orders by how new the configuration of the backup is.</summary>
    public static Comparison<RestoredSeed> ByNewness { get; } = (a, b) =>
    {
        int order = a.Epoch.CompareTo(b.Epoch);
        return order != 0 ? order : a.LogIndex.CompareTo(b.LogIndex);
    };
}
