using System.Globalization;
using System.Net;

namespace TsDb.Adapters.Hosting;

/// <summary>An address to listen on. Port 0 picks a free one.</summary>
public sealed record ListenAddress(IPAddress Host, int Port)
{
    /// <summary>True if only programs of this machine can reach it.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Host);

    /// <summary>The address as the socket layer wants it.</summary>
    public IPEndPoint EndPoint => new(Host, Port);

    /// <summary>Reads <c>127.0.0.1:8086</c>, <c>localhost:8086</c>, <c>[::1]:8086</c> or <c>:8086</c>
    /// (loopback).</summary>
    public static ListenAddress Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        string host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out int port)
            || port is < 0 or > 65_535)
            throw new FormatException("use host:port, such as 127.0.0.1:8086");
        if (host is "" or "localhost") return new ListenAddress(IPAddress.Loopback, port);
        return IPAddress.TryParse(host, out IPAddress? address)
            ? new ListenAddress(address, port)
            : throw new FormatException($"'{host}' is not an IP address such as 127.0.0.1 or 0.0.0.0");
    }

    /// <summary>host:port.</summary>
    public override string ToString() => EndPoint.ToString();
}
