using System.Buffers;
using System.Text;
using MQTTnet;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Mqtt.Sensors.Wire;

namespace TsDb.Adapters.Mqtt.Sensors;

/// <summary>What a connection does about each packet.</summary>
internal sealed partial class SensorConnection
{
    private const int AliasesMax = 256;
    private const int FiltersMax = 64;
    private const int TopicBytesMax = 1_024;

    private readonly Dictionary<ushort, string> _aliases = [];
    private readonly List<string> _filters = [];
    private byte[] _topicBytes = [];
    private string _topic = "";

    /// <summary>Sends a message at QoS 0 if the client has subscribed to its topic.</summary>
    public bool TrySend(string topic, byte[] payload)
    {
        lock (_filters)
        {
            bool wants = _filters.Any(filter =>
                MqttTopicFilterComparer.Compare(topic, filter) == MqttTopicFilterCompareResult.IsMatch);
            if (!wants || Output.WaitingBytes > SmallPacketBytes) return false;
        }

        Output.Write(
            (Topic: topic, Payload: payload, IsFive),
            static (to, m) => PacketWriter.Publish(to, m.Topic, m.Payload, m.IsFive));
        Output.Flush();
        return true;
    }

    /// <summary>Takes a packet; false if it was the last one.</summary>
    private bool Take(PacketFrame frame, in ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment) return Take(frame, body.FirstSpan);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(frame.BodyBytes);
        try
        {
            body.CopyTo(bytes);
            return Take(frame, bytes.AsSpan(0, frame.BodyBytes));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private bool Take(PacketFrame frame, ReadOnlySpan<byte> body)
    {
        switch (frame.Type)
        {
            case PacketType.Connect when _client is null:
                Connect(ConnectRequest.Read(body));
                return true;
            case PacketType.Publish:
                Publish(PublishRequest.Read(frame.Flags, body, IsFive));
                return true;
            case PacketType.PublishRelease:
                ushort packetId = new PacketBody(body).Number16();
                bool isKnown = _session!.Release(packetId);
                Acknowledge(
                    PacketType.PublishComplete,
                    packetId,
                    isKnown ? MqttReason.Success : MqttReason.PacketIdentifierNotFound,
                    reason: null);
                return true;
            case PacketType.Subscribe:
                Subscribe(new PacketBody(body));
                return true;
            case PacketType.Unsubscribe:
                Unsubscribe(new PacketBody(body));
                return true;
            case PacketType.PingRequest:
                Output.Write(0, static (to, _) => PacketWriter.PingResponse(to));
                return true;
            case PacketType.Disconnect:
                const byte WithWill = 0x04;
                _saidGoodbye = !(IsFive && body.Length > 0 && body[0] == WithWill);
                return false;
            case PacketType.PublishAcknowledgement:
                // Nothing is sent that asks for one; an eager client does no harm.
                return true;
            default:
                throw new MqttFault(MqttReason.ProtocolError,
                    $"a packet of type {frame.First >> 4} is not taken");
        }
    }

    private void Connect(ConnectRequest request)
    {
        bool isUnnamed = request.ClientId.Length == 0;
        if (isUnnamed) request = request with { ClientId = _rooms.Sessions.NextName(), KeepsSession = false };
        bool isAllowed = _rooms.Options.Authorizer.IsAllowed(
            new AccessRequest("mqtt", "connect", "", request.UserName));
        if (!isAllowed)
        {
            Output.Write(
                request.IsFive,
                static (to, isFive) => PacketWriter.ConnectAcknowledgement(
                    to, isFive, isSessionPresent: false, MqttReason.NotAuthorized, terms: null));
            throw new MqttFault(MqttReason.NotAuthorized, "it may not connect");
        }

        SensorSession session = _rooms.Sessions.Enter(
            this, request.ClientId, request.IsClean, out bool isPresent, out SensorConnection? before);
        before?.EndWith(new MqttFault(
            MqttReason.SessionTakenOver, "another connection came with the same client id"));
        _client = request;
        ConnectionTerms terms = new(
            Math.Min(ushort.MaxValue, _rooms.Options.MessagesInFlightMax),
            AliasesMax,
            _rooms.Options.PacketBytesMax,
            isUnnamed ? request.ClientId : null);
        Output.Write(
            (request.IsFive, IsPresent: isPresent, Terms: terms),
            static (to, a) => PacketWriter.ConnectAcknowledgement(
                to, a.IsFive, a.IsPresent, MqttReason.Success, a.Terms));
        _session = session;
    }

    private void Publish(PublishRequest publish)
    {
        string topic = TopicOf(publish);
        long reserved = Interlocked.Exchange(ref _reserved, 0);
        if (publish.Level == 2 && !_session!.TryBegin(publish.PacketId, out var again))
        {
            _rooms.Budget.Return(reserved);
            if (again is { } answer)
                Acknowledge(PacketType.PublishReceived, publish.PacketId, answer.Code, answer.Reason);
            return;
        }

        bool isAllowed = IsAllowed("write", topic);
        if (!isAllowed && !(IsFive && publish.Level > 0))
        {
            // Before MQTT 5 there is no word for it but the end.
            _rooms.Budget.Return(reserved);
            throw new MqttFault(MqttReason.NotAuthorized, $"it may not publish on '{topic}'");
        }

        SensorMessage message = new(this, _session!, publish.Level, publish.PacketId, reserved)
        {
            RefusalCode = isAllowed ? MqttReason.PayloadFormatInvalid : MqttReason.NotAuthorized,
        };
        Interlocked.Increment(ref _inFlight);
        if (isAllowed) _rooms.Intake.Take(topic, publish.Payload, message);
        else _rooms.Intake.Refuse(topic, $"its client may not publish on '{topic}'", message);
    }

    private string TopicOf(PublishRequest publish)
    {
        if (publish.Topic.IsEmpty)
        {
            return _aliases.TryGetValue(publish.Alias, out string? known)
                ? known
                : throw new MqttFault(MqttReason.TopicAliasInvalid,
                    $"topic alias {publish.Alias} is not known");
        }

        // Most sensors publish on one topic: its text is made once.
        if (!publish.Topic.SequenceEqual(_topicBytes))
        {
            PacketBody.RequireText(publish.Topic);
            if (publish.Topic.Length > TopicBytesMax || publish.Topic.IndexOfAny((byte)'+', (byte)'#') >= 0)
                throw new MqttFault(MqttReason.ProtocolError, "a topic is too long or has a wildcard");
            _topicBytes = publish.Topic.ToArray();
            _topic = Encoding.UTF8.GetString(publish.Topic);
        }

        if (publish.Alias > AliasesMax)
            throw new MqttFault(MqttReason.TopicAliasInvalid,
                $"topic alias {publish.Alias} above {AliasesMax}");
        if (publish.Alias > 0) _aliases[publish.Alias] = _topic;
        return _topic;
    }

    private void Subscribe(PacketBody body)
    {
        ushort packetId = body.Number16();
        if (IsFive) body.Properties();
        List<byte> codes = [];
        while (!body.IsAtEnd)
        {
            string filter = body.Text();
            body.Byte();
            codes.Add((byte)CodeFor(filter));
        }

        if (codes.Count == 0) throw new MqttFault(MqttReason.ProtocolError, "a subscription to nothing");
        Answer(PacketType.SubscribeAcknowledgement, packetId, [.. codes]);
    }

    private void Unsubscribe(PacketBody body)
    {
        ushort packetId = body.Number16();
        if (IsFive) body.Properties();
        List<byte> codes = [];
        while (!body.IsAtEnd)
        {
            string filter = body.Text();
            lock (_filters) codes.Add(_filters.Remove(filter) ? (byte)0 : (byte)0x11);
        }

        Answer(PacketType.UnsubscribeAcknowledgement, packetId, IsFive ? [.. codes] : []);
    }

    private MqttReason CodeFor(string filter)
    {
        MqttReason code = MqttReason.Success;
        if (filter.StartsWith("$share/", StringComparison.Ordinal))
            code = MqttReason.SharedSubscriptionsNotSupported;
        else if (MqttTopicFilterComparer.Compare("a", filter) == MqttTopicFilterCompareResult.FilterInvalid)
            code = MqttReason.TopicFilterInvalid;
        else if (!IsAllowed("subscribe", filter)) code = MqttReason.NotAuthorized;
        if (code == MqttReason.Success)
        {
            lock (_filters)
            {
                if (_filters.Contains(filter)) return code;
                if (_filters.Count < FiltersMax) _filters.Add(filter);
                else code = MqttReason.QuotaExceeded;
            }
        }

        return code == MqttReason.Success || IsFive ? code : MqttReason.UnspecifiedError;
    }

    private void Answer(PacketType type, ushort packetId, byte[] codes) => Output.Write(
        (Type: type, Id: packetId, IsFive, Codes: codes),
        static (to, a) => PacketWriter.SubscribeAcknowledgement(to, a.Type, a.Id, a.IsFive, a.Codes));
}
