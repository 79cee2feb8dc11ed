namespace TsDb.Adapters.Raft;

/// <summary>The answer to a preface. The numbers are part of the wire format.</summary>
internal enum ClusterVerdict : byte
{
    /// <summary>Go on.</summary>
    Welcome = 0,

    /// <summary>This node belongs to another cluster.</summary>
    OtherCluster = 1,

    /// <summary>This node speaks another version.</summary>
    OtherVersion = 2,

    /// <summary>The caller's data directory was removed from the cluster.</summary>
    Removed = 3,

    /// <summary>This node takes no part in a cluster yet.</summary>
    NotYet = 4,
}
