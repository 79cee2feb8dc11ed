namespace TsDb.Adapters.Hosting;

/// <summary>Addresses of MQTT brokers: <c>mqtt://host:port</c>, port 1883 if none is said.</summary>
public static class BrokerUrl
{
    /// <summary>The port of MQTT over TCP.</summary>
    public const int PortDefault = 1883;

    /// <summary>Reads an address; <c>host:port</c> without a scheme is taken as well.</summary>
    public static Uri Parse(string text)
    {
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : $"mqtt://{text}";
        if (!Uri.TryCreate(whole, UriKind.Absolute, out Uri? uri) || uri.Scheme != "mqtt"
            || uri.Host.Length == 0)
            throw new FormatException($"'{text}' is not a broker: use mqtt://host:port");
        return uri.Port > 0 ? uri : new UriBuilder(uri) { Port = PortDefault }.Uri;
    }
}
