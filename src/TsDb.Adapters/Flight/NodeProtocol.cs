namespace TsDb.Adapters.Flight;

/// <summary>The version of what cloud nodes say to each other. What an older member could not follow waits
/// until all say that they know it.</summary>
internal static class NodeProtocol
{
    /// <summary>Whoever says this or more knows version 5 of the cluster's configuration.</summary>
    public const uint Configuration5 = 2;

    /// <summary>Whoever says this or more answers <see cref="Peers.QuestionServer"/>'s questions.</summary>
    public const uint QuestionLines = 3;

    /// <summary>Whoever says this or more takes heartbeats on these lines, too.</summary>
    public const uint LineHeartbeats = 4;

    /// <summary>Whoever says this or more tells the digests of its shards on these lines, too.</summary>
    public const uint LineDigests = 5;

    /// <summary>What this node knows, said with every heartbeat.</summary>
    public const uint Version = LineDigests;
}
