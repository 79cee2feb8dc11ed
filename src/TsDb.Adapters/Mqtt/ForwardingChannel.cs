using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Adapter;
using MQTTnet.Formatter;
using MQTTnet.Packets;

namespace TsDb.Adapters.Mqtt;

/// <summary>
/// A connection of the client library that does what another one does; what is derived from it changes some
/// of that.
/// </summary>
internal abstract class ForwardingChannel(IMqttChannelAdapter inner) : IMqttChannelAdapter
{
    public long BytesReceived => inner.BytesReceived;

    public long BytesSent => inner.BytesSent;

    public X509Certificate2 ClientCertificate => inner.ClientCertificate;

    public bool IsSecureConnection => inner.IsSecureConnection;

    public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

    public EndPoint LocalEndPoint => inner.LocalEndPoint;

    public MqttPacketFormatterAdapter PacketFormatterAdapter => inner.PacketFormatterAdapter;

    public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    public virtual Task DisconnectAsync(CancellationToken cancellationToken) =>
        inner.DisconnectAsync(cancellationToken);

    /// <summary>The next packet; null once the connection has ended.</summary>
    public virtual Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken) =>
        inner.ReceivePacketAsync(cancellationToken);

    public void ResetStatistics() => inner.ResetStatistics();

    public virtual Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken) =>
        inner.SendPacketAsync(packet, cancellationToken);

    public virtual void Dispose() => inner.Dispose();
}
