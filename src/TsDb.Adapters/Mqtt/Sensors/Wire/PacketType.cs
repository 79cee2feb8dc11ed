namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>The packets of MQTT, as the upper half of their first byte says.</summary>
internal enum PacketType
{
    Connect = 1,
    ConnectAcknowledgement = 2,
    Publish = 3,
    PublishAcknowledgement = 4,
    PublishReceived = 5,
    PublishRelease = 6,
    PublishComplete = 7,
    Subscribe = 8,
    SubscribeAcknowledgement = 9,
    Unsubscribe = 10,
    UnsubscribeAcknowledgement = 11,
    PingRequest = 12,
    PingResponse = 13,
    Disconnect = 14,
    Authentication = 15,
}
