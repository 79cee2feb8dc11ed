namespace TsDb.Replication.Repair;

/// <summary>Whether a node has a leaf. The numbers are part of the wire format.</summary>
public enum HeldState
{
    /// <summary>It has not.</summary>
    Absent = 0,

    /// <summary>On disk, but the node is recovering the shard and is no part of a quorum.</summary>
    Recovering = 1,

    /// <summary>On disk, and it counts.</summary>
    Counted = 2,
}
