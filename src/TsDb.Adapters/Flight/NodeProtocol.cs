namespace TsDb.Adapters.Flight;

/// <summary>The version of what cloud nodes say to each other.</summary>
internal static class NodeProtocol
{
    /// <summary>The newest version this node speaks.</summary>
    public const uint Version = 1;
}
