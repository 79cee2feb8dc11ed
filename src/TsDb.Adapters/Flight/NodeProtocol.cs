namespace TsDb.Adapters.Flight;

/// <summary>The version of what cloud nodes say to each other.</summary>
internal static class NodeProtocol
{
    /// <summary>
    /// What this node knows, said with every heartbeat: 2 is version 5 of the cluster's configuration. What
    /// an older member could not follow waits until all say that they know it.
    /// </summary>
    public const uint Version = 2;
}
