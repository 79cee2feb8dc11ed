namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>Why a connection of a sensor ends, with the reason code that MQTT 5 has for it.</summary>
internal sealed class MqttFault(MqttReason code, string reason) : Exception(reason)
{
    /// <summary>What an MQTT 5 client is told.</summary>
    public MqttReason Code { get; } = code;
}
