namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>What a client of MQTT 5 is told when it connects.</summary>
/// <param name="MessagesInFlightMax">Messages it may send before the first is acknowledged.</param>
/// <param name="AliasesMax">Topic aliases it may use.</param>
/// <param name="PacketBytesMax">The largest packet it may send.</param>
/// <param name="AssignedClientId">The name it is given; null if it has one.</param>
internal sealed record ConnectionTerms(
    int MessagesInFlightMax, int AliasesMax, int PacketBytesMax, string? AssignedClientId);
