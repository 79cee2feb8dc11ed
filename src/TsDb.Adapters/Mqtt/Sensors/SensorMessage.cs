using TsDb.Adapters.Mqtt.Sensors.Wire;
using TsDb.Storage.Sensors;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>A message of a connection under way, and how its sender is told that it has ended.</summary>
internal sealed class SensorMessage(
    SensorConnection connection, SensorSession session, int level, ushort packetId, long bytesReserved)
    : SensorReceipt
{
    /// <summary>What an MQTT 5 client is told if the message is refused.</summary>
    public MqttReason RefusalCode { get; init; } = MqttReason.PayloadFormatInvalid;

    public override void GroupEnded()
    {
        connection.Output.Flush();
        if (level == 2) session.Connection?.Output.Flush();
    }

    protected override void Ended(MessageOutcome outcome, string? reason)
    {
        MqttReason code = outcome == MessageOutcome.Done ? MqttReason.Success : RefusalCode;
        if (outcome == MessageOutcome.Failed) Fail(reason ?? "the message cannot be stored now");
        else if (level == 1) connection.Acknowledge(PacketType.PublishAcknowledgement, packetId, code,
            reason);
        else if (level == 2) Receive(code, reason);
        connection.MessageEnded(bytesReserved);
    }

    // The sender keeps what is not acknowledged, and sends it again when it is back.
    private void Fail(string reason)
    {
        if (level == 2) session.End(packetId, MqttReason.Success, null, isForgotten: true);
        if (level > 0) connection.EndWith(new MqttFault(MqttReason.ServerBusy, reason));
    }

    private void Receive(MqttReason code, string? reason)
    {
        // To MQTT 5 a refusal ends the exchange; before, the client goes on as if it were taken.
        SensorConnection? now = session.Connection;
        bool isOver = code != MqttReason.Success && (now ?? connection).IsFive;
        session.End(packetId, code, reason, isForgotten: isOver);
        now?.Acknowledge(PacketType.PublishReceived, packetId, code, reason);
    }
}
