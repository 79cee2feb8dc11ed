using MQTTnet;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Implementations;
using MQTTnet.Packets;
using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// Bounds what the client library has received and we have not stored yet: it queues without a limit of its
/// own, so the next packet is not read from the socket before there is room. The broker then holds what it
/// has, as TCP and Receive Maximum demand.
/// </summary>
internal sealed class BoundedClientAdapter(ByteBudget budget) : IMqttClientAdapterFactory
{
    private const int MessageOverheadBytes = 512;

    public IMqttChannelAdapter CreateClientAdapter(
        MqttClientOptions options, MqttPacketInspector packetInspector, IMqttNetLogger logger) =>
        new Channel(
            new MqttClientAdapterFactory().CreateClientAdapter(options, packetInspector, logger), budget);

    /// <summary>What a message of so many bytes takes; to be given back when it has ended.</summary>
    public static long BytesOf(long payloadBytes) => payloadBytes + MessageOverheadBytes;

    private sealed class Channel(IMqttChannelAdapter inner, ByteBudget budget) : ForwardingChannel(inner)
    {
        public override async Task<MqttPacket> ReceivePacketAsync(CancellationToken cancellationToken)
        {
            MqttPacket packet = await base.ReceivePacketAsync(cancellationToken);
            if (packet is MqttPublishPacket publish)
            {
                await budget.TryTakeAsync(
                    BytesOf(publish.Payload.Length), Timeout.InfiniteTimeSpan, cancellationToken);
            }

            return packet;
        }
    }
}
