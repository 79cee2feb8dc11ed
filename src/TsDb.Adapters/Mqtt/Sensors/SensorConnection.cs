using MQTTnet.Exceptions;
using MQTTnet.Packets;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// What one connection has sent and not yet been told about. Its packets are received one after the other and
/// its answers sent one after the other, by two loops.
/// </summary>
internal sealed class SensorConnection
{
    private const int AliasesMax = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, Task<SensorAnswer>> _waiting = [];
    private readonly Dictionary<ushort, string> _aliases = [];
    private readonly Dictionary<ushort, Task<SensorAnswer>> _exactlyOnce = [];

    /// <summary>The topic of a packet, an alias resolved.</summary>
    public string TopicOf(MqttPublishPacket packet)
    {
        if (packet.TopicAlias == 0) return packet.Topic;
        if (string.IsNullOrEmpty(packet.Topic))
        {
            return _aliases.TryGetValue(packet.TopicAlias, out string? known)
                ? known
                : throw new MqttProtocolViolationException($"topic alias {packet.TopicAlias} is not known");
        }

        if (_aliases.Count == AliasesMax && !_aliases.ContainsKey(packet.TopicAlias))
            throw new MqttProtocolViolationException($"more than {AliasesMax} topic aliases");
        return _aliases[packet.TopicAlias] = packet.Topic;
    }

    /// <summary>Remembers that the answer to a packet has to wait.</summary>
    public void Expect(ushort packetId, Task<SensorAnswer> answer)
    {
        lock (_gate) _waiting[packetId] = answer;
    }

    /// <summary>What the answer to a packet has to wait for; null if the packet was never taken.</summary>
    public Task<SensorAnswer>? TakeExpected(ushort packetId)
    {
        lock (_gate)
        {
            _waiting.Remove(packetId, out Task<SensorAnswer>? answer);
            return answer;
        }
    }

    /// <summary>The answer to an exactly-once packet that is sent again; null if it is a new one.</summary>
    public Task<SensorAnswer>? SentBefore(ushort packetId) => _exactlyOnce.GetValueOrDefault(packetId);

    /// <summary>Remembers an exactly-once packet until its sender lets go of it.</summary>
    public void BeginExactlyOnce(ushort packetId, Task<SensorAnswer> answer) =>
        _exactlyOnce[packetId] = answer;

    /// <summary>The sender has let go of an exactly-once packet.</summary>
    public void EndExactlyOnce(ushort packetId) => _exactlyOnce.Remove(packetId);
}
