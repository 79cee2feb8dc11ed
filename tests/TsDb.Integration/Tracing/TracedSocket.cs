namespace TsDb.Integration.Tracing;

/// <summary>What went over one socket of a traced program, both ways.</summary>
internal sealed class TracedSocket
{
    private const string SocketPrefix = "socket:[";

    public TracedStream Received { get; } = new();

    public TracedStream Sent { get; } = new();

    /// <summary>Whether one side began with a CONNECT packet of MQTT.</summary>
    public bool IsMqtt => IsMqttBroker || IsMqttClient(Sent);

    /// <summary>Whether the other side began with a CONNECT packet of MQTT.</summary>
    public bool IsMqttBroker => IsMqttClient(Received);

    /// <summary>The sockets of a trace; a socket's number is never given to another while the system
    /// runs.</summary>
    public static IReadOnlyCollection<TracedSocket> In(IEnumerable<SystemCall> calls)
    {
        SortedDictionary<string, TracedSocket> sockets = new(StringComparer.Ordinal);
        foreach (SystemCall call in calls)
        {
            string target = call.Target;
            if (!call.Succeeded || !target.StartsWith(SocketPrefix, StringComparison.Ordinal)) continue;
            if (call.Arguments.Contains("MSG_PEEK", StringComparison.Ordinal)) continue;
            if (!sockets.TryGetValue(target, out TracedSocket? socket)) sockets[target] = socket = new();
            if (call.Name is "recvfrom" or "recvmsg" or "read" or "readv") socket.Received.Append(call);
            if (call.Name is "sendto" or "sendmsg" or "write" or "writev") socket.Sent.Append(call);
        }

        return sockets.Values;
    }

    // Type and flags, a length of one or two bytes, then the protocol's name.
    private static bool IsMqttClient(TracedStream stream) => stream.Length > 8 && stream[0] == 0x10
        && stream.Slice(0, 9).AsSpan().IndexOf("\0\u0004MQTT"u8) is 2 or 3;
}
