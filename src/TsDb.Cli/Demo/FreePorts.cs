using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TsDb.Cli.Demo;

/// <summary>
/// Ports of the loopback for programs that must know each other's addresses before any of them runs.
/// </summary>
/// <remarks>
/// Between the choice and the listening, any connection that some program opens may be lent a port of the
/// system's range for outgoing connections (/proc/sys/net/ipv4/ip_local_port_range), and a node that is
/// started again needs its port a second time. So these lie below that range (32768 where nobody changed it),
/// start elsewhere in each process, and come round again only after the whole range.
/// </remarks>
internal static class FreePorts
{
    private const int First = 12_000;
    private const int Count = 20_000;

    // Programs started one after the other have neighbouring process ids: their ports lie apart.
    private const int Stride = 101;

    private static readonly Lock Gate = new();
    private static int _next = Environment.ProcessId * Stride % Count;

    /// <summary>A port that nobody listens on just now.</summary>
    /// <exception cref="IOException">Every port of the range is in use.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            for (int tried = 0; tried < Count; tried++)
            {
                int port = First + (_next++ % Count);
                if (IsFree(port)) return port;
            }
        }

        throw new IOException(
            string.Create(CultureInfo.InvariantCulture, $"no free port from {First} to {First + Count - 1}"));
    }

    /// <summary>An address of the loopback that nobody listens on just now.</summary>
    public static string NextAddress() => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Next()}");

    /// <summary>Whether a program could listen on this port of the loopback just now.</summary>
    public static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
