namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>A message as it stands in its packet.</summary>
internal readonly ref struct PublishRequest
{
    private PublishRequest(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, int level, ushort packetId, ushort alias)
    {
        Topic = topic;
        Payload = payload;
        (Level, PacketId, Alias) = (level, packetId, alias);
    }

    /// <summary>The bytes of the topic; empty if the alias stands for it.</summary>
    public ReadOnlySpan<byte> Topic { get; }

    /// <summary>The bytes of the payload.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>0, 1 or 2: how it is acknowledged.</summary>
    public int Level { get; }

    /// <summary>By what it is acknowledged; 0 at level 0.</summary>
    public ushort PacketId { get; }

    /// <summary>The alias of the topic; 0 for none.</summary>
    public ushort Alias { get; }

    /// <summary>Reads the body of a PUBLISH.</summary>
    public static PublishRequest Read(int flags, ReadOnlySpan<byte> bytes, bool isFive)
    {
        int level = (flags >> 1) & 0x03;
        if (level == 3) throw new MqttFault(MqttReason.MalformedPacket, "a message of QoS 3");
        PacketBody body = new(bytes);
        ReadOnlySpan<byte> topic = body.TextBytes();
        ushort packetId = level == 0 ? (ushort)0 : body.Number16();
        if (level > 0 && packetId == 0)
            throw new MqttFault(MqttReason.ProtocolError, "a message without a packet identifier");
        ushort alias = 0;
        if (isFive)
        {
            PacketBody properties = body.Properties();
            while (!properties.IsAtEnd)
            {
                byte id = properties.Byte();
                if (id != 0x23)
                {
                    properties.SkipProperty(id);
                    continue;
                }

                alias = properties.Number16();
                if (alias == 0) throw new MqttFault(MqttReason.TopicAliasInvalid, "topic alias 0");
            }
        }

        if (topic.IsEmpty && alias == 0)
            throw new MqttFault(MqttReason.ProtocolError, "a message without a topic");
        return new PublishRequest(topic, body.Rest, level, packetId, alias);
    }
}
