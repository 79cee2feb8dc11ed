using TsDb.Adapters.Mqtt.Sensors.Wire;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>
/// What outlives a connection of a client: the exactly-once messages that it has sent and not yet let go of,
/// so that one that is sent again, on this connection or the next, is stored once.
/// </summary>
internal sealed class SensorSession(string clientId)
{
    /// <summary>Exactly-once messages that one client may have under way.</summary>
    public const int ExactlyOnceMax = 1_024;

    private readonly Lock _gate = new();
    private readonly Dictionary<ushort, State> _exactlyOnce = [];

    private enum Step
    {
        UnderWay,
        Ended,
    }

    /// <summary>The client's name.</summary>
    public string ClientId => clientId;

    /// <summary>The connection that the client has just now; null if it is away.</summary>
    public SensorConnection? Connection { get; set; }

    /// <summary>
    /// Begins an exactly-once message. True if it is a new one; else, if the one before has ended, <paramref
    /// name="again"/> is the answer to repeat.
    /// </summary>
    public bool TryBegin(ushort packetId, out (MqttReason Code, string? Reason)? again)
    {
        again = null;
        lock (_gate)
        {
            if (_exactlyOnce.TryGetValue(packetId, out State state))
            {
                if (state.Step == Step.Ended) again = (state.Code, state.Reason);
                return false;
            }

            if (_exactlyOnce.Count >= ExactlyOnceMax)
            {
                throw new MqttFault(
                    MqttReason.QuotaExceeded, $"more than {ExactlyOnceMax} messages of QoS 2 are under way");
            }

            _exactlyOnce[packetId] = new State(Step.UnderWay, MqttReason.Success, null);
            return true;
        }
    }

    /// <summary>The message is stored, or refused for good.</summary>
    public void End(ushort packetId, MqttReason code, string? reason, bool isForgotten)
    {
        lock (_gate)
        {
            if (isForgotten) _exactlyOnce.Remove(packetId);
            else _exactlyOnce[packetId] = new State(Step.Ended, code, reason);
        }
    }

    /// <summary>The client has let go of a message; false if there is none.</summary>
    public bool Release(ushort packetId)
    {
        lock (_gate) return _exactlyOnce.Remove(packetId);
    }

    private readonly record struct State(Step Step, MqttReason Code, string? Reason);
}
