namespace TsDb.Replication.Repair;

/// <summary>Whether a node has a leaf. The numbers are part of the wire format.</summary>
public enum HeldState
{
    /// <summary>It has not.</summary>
    Absent = 0,

    /// <summary>
    /// On disk, but in no quorum: the node is recovering the shard, or has another leaf of that number too.
    /// </summary>
    Recovering = 1,

    /// <summary>On disk, and it counts.</summary>
    Counted = 2,
}
