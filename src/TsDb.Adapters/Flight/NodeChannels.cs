using System.Collections.Concurrent;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;

namespace TsDb.Adapters.Flight;

/// <summary>
/// One gRPC channel per node address, kept open: plaintext HTTP/2, pinged so that a frozen peer is noticed.
/// </summary>
public sealed class NodeChannels(ILoggerFactory loggers) : IDisposable
{
    private const int MessageBytesMax = 64 << 20;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, GrpcChannel> _byAddress = new(StringComparer.Ordinal);

    /// <summary>Closes all channels; calls under way fail.</summary>
    public void Dispose()
    {
        foreach (GrpcChannel channel in _byAddress.Values) channel.Dispose();
        _byAddress.Clear();
    }

    /// <summary>The channel to <paramref name="address"/> (host:port), opened at first use.</summary>
    internal GrpcChannel To(string address) => _byAddress.GetOrAdd(address, Open);

    private GrpcChannel Open(string address) =>
        GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            InitialHttp2StreamWindowSize = 1 << 20,
            KeepAlivePingDelay = PingDelay,
            KeepAlivePingTimeout = PingTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            UseProxy = false,
        },
        DisposeHttpClient = true,
        LoggerFactory = loggers,
        MaxReceiveMessageSize = MessageBytesMax,
        MaxSendMessageSize = MessageBytesMax,
        // A peer that was away is tried again at once when it is asked again: liveness is decided by
        // heartbeats.
        InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
        MaxReconnectBackoff = TimeSpan.FromSeconds(1),
    });
}
