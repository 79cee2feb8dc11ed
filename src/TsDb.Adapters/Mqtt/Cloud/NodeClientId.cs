using System.Diagnostics.CodeAnalysis;
using TsDb.Model;

namespace TsDb.Adapters.Mqtt.Cloud;

/// <summary>
/// The MQTT client id of a cloud node, <c>node:{node}:{instance}</c>: access rules read from it what the
/// connection may do.
/// </summary>
internal static class NodeClientId
{
    private const string Prefix = "node:";

    /// <summary>The client id of one start of a node.</summary>
    public static string Of(NodeId node, Guid instance) => $"{Prefix}{node}:{instance:N}";

    /// <summary>Reads a client id; false if it is not a cloud node's.</summary>
    public static bool TryParse([NotNullWhen(true)] string? clientId, out NodeId node)
    {
        node = default;
        if (clientId is null || !clientId.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        string[] parts = clientId[Prefix.Length..].Split(':');
        if (parts.Length != 2 || !NodeId.IsValid(parts[0])) return false;
        node = new NodeId(parts[0]);
        return true;
    }
}
