namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>What a client says when it connects.</summary>
internal sealed record ConnectRequest
{
    private const byte VersionThree = 3;
    private const byte VersionFour = 4;
    private const byte VersionFive = 5;

    /// <summary>True for MQTT 5; else it is 3.1 or 3.1.1.</summary>
    public required bool IsFive { get; init; }

    /// <summary>Its name; may be empty.</summary>
    public required string ClientId { get; init; }

    /// <summary>True if it wants to begin without a session.</summary>
    public required bool IsClean { get; init; }

    /// <summary>True if its session is to outlive the connection.</summary>
    public bool KeepsSession { get; init; }

    /// <summary>The longest silence it promises; zero for none.</summary>
    public TimeSpan KeepAlive { get; init; }

    /// <summary>The topic of its will; null without one.</summary>
    public string? WillTopic { get; init; }

    /// <summary>The payload of its will.</summary>
    public byte[] WillPayload { get; init; } = [];

    /// <summary>The user name; null without one.</summary>
    public string? UserName { get; init; }

    /// <summary>Reads the body of a CONNECT.</summary>
    public static ConnectRequest Read(ReadOnlySpan<byte> bytes)
    {
        PacketBody body = new(bytes);
        string protocol = body.Text();
        byte version = body.Byte();
        bool isKnown = (protocol, version) is ("MQTT", VersionFour or VersionFive) or (
            "MQIsdp", VersionThree);
        if (!isKnown)
        {
            throw new MqttFault(
                MqttReason.NotSupportedVersion,
                    $"protocol {version} is not spoken here: use MQTT 3.1.1 or 5");
        }

        bool isFive = version == VersionFive;
        byte flags = body.Byte();
        if ((flags & 0x01) != 0)
            throw new MqttFault(MqttReason.MalformedPacket, "a reserved flag of CONNECT is set");
        ConnectRequest request = new()
        {
            IsFive = isFive,
            ClientId = "",
            IsClean = (flags & 0x02) != 0,
            KeepAlive = TimeSpan.FromSeconds(body.Number16()),
        };
        bool keeps = isFive ? SessionExpiry(body.Properties()) > 0 : !request.IsClean;
        request = request with { ClientId = body.Text(), KeepsSession = keeps };
        if ((flags & 0x04) != 0)
        {
            if (isFive) body.Properties();
            request = request with { WillTopic = body.Text(), WillPayload = body.Binary().ToArray() };
        }

        if ((flags & 0x80) != 0) request = request with { UserName = body.Text() };
        if ((flags & 0x40) != 0) body.Binary();
        return request;
    }

    private static uint SessionExpiry(PacketBody properties)
    {
        uint seconds = 0;
        while (!properties.IsAtEnd)
        {
            byte id = properties.Byte();
            if (id == 0x11) seconds = properties.Number32();
            else properties.SkipProperty(id);
        }

        return seconds;
    }
}
