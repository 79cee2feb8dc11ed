using System.Diagnostics.CodeAnalysis;
using TsDb.Model;

namespace TsDb.Codec.Shipment;

/// <summary>
/// The MQTT client id of an edge's uplink, <c>edge:{edge}:{instance}</c>: a broker's access rules read from
/// it which topics the connection may use, and two live edges of one name do not throw each other out unseen.
/// </summary>
public static class EdgeClientId
{
    private const string Prefix = "edge:";

    /// <summary>The client id of one start of an edge.</summary>
    public static string Of(EdgeId edge, Guid instance) => $"{Prefix}{edge}:{instance:N}";

    /// <summary>Reads a client id; false if it is not an edge's.</summary>
    public static bool TryParse([NotNullWhen(true)] string? clientId, out EdgeId edge, out Guid instance)
    {
        (edge, instance) = (default, default);
        if (clientId is null || !clientId.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        string[] parts = clientId[Prefix.Length..].Split(':');
        if (parts.Length != 2 || !EdgeId.IsValid(parts[0])) return false;
        if (!Guid.TryParseExact(parts[1], "N", out instance)) return false;
        edge = new EdgeId(parts[0]);
        return true;
    }
}
