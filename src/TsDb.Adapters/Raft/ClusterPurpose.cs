namespace TsDb.Adapters.Raft;

/// <summary>What a connection to the cluster port is for. The numbers are part of the wire format.</summary>
internal enum ClusterPurpose : byte
{
    /// <summary>One question and one answer of ours: probing, founding, joining, forwarding.</summary>
    Talk = 1,

    /// <summary>The consensus engine's own protocol.</summary>
    Raft = 2,

    /// <summary>What queries ask of members: frames of <see cref="Peers.Frame"/>.</summary>
    Question = 3,
}
