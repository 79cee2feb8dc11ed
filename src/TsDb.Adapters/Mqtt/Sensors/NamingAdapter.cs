using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Server;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// Gives a name to clients before MQTT 5 that come without one, as they may with a clean session
/// (mosquitto_pub does): the broker library refuses them before anybody is asked.
/// </summary>
internal sealed class NamingAdapter(IMqttServerAdapter inner) : IMqttServerAdapter
{
    private long _named;

    public Func<IMqttChannelAdapter, Task>? ClientHandler { get; set; }

    public Task StartAsync(MqttServerOptions options, IMqttNetLogger logger)
    {
        inner.ClientHandler = channel =>
            ClientHandler?.Invoke(new Channel(channel, this)) ?? Task.CompletedTask;
        return inner.StartAsync(options, logger);
    }

    public Task StopAsync() => inner.StopAsync();

    public void Dispose() => inner.Dispose();

    private string NextName() =>
        string.Create(CultureInfo.InvariantCulture, $"unnamed-{Interlocked.Increment(ref _named)}");

    private sealed class Channel(IMqttChannelAdapter inner, NamingAdapter owner) : IMqttChannelAdapter
    {
        public long BytesReceived => inner.BytesReceived;

        public long BytesSent => inner.BytesSent;

        public X509Certificate2 ClientCertificate => inner.ClientCertificate;

        public bool IsSecureConnection => inner.IsSecureConnection;

        public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

        public EndPoint LocalEndPoint => inner.LocalEndPoint;

        public MqttPacketFormatterAdapter PacketFormatterAdapter => inner.PacketFormatterAdapter;

        public Task ConnectAsync(CancellationToken cancellationToken) =>
            inner.ConnectAsync(cancellationToken);

        public Task DisconnectAsync(CancellationToken cancellationToken) =>
            inner.DisconnectAsync(cancellationToken);

        public async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            MqttPacket packet = await inner.ReceivePacketAsync(cancellationToken);
            bool unnamed = packet is MqttConnectPacket { CleanSession: true } connect
                && string.IsNullOrEmpty(connect.ClientId)
                && inner.PacketFormatterAdapter.ProtocolVersion < MqttProtocolVersion.V500;
            if (unnamed) ((MqttConnectPacket)packet).ClientId = owner.NextName();
            return packet;
        }

        public void ResetStatistics() => inner.ResetStatistics();

        public Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken) =>
            inner.SendPacketAsync(packet, cancellationToken);

        public void Dispose() => inner.Dispose();
    }
}
