using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>The packets that are sent to sensors.</summary>
internal static class PacketWriter
{
    private const int ReasonCharsMax = 200;

    /// <summary>An answer to a packet by its identifier: PUBACK, PUBREC, PUBCOMP.</summary>
    public static void Acknowledge(
        IBufferWriter<byte> to, PacketType type, ushort packetId, bool isFive, MqttReason code,
            string? reason)
    {
        Span<byte> packet = to.GetSpan(4);
        if (!isFive || (code == MqttReason.Success && string.IsNullOrEmpty(reason)))
        {
            packet[0] = (byte)((int)type << 4);
            packet[1] = 2;
            BinaryPrimitives.WriteUInt16BigEndian(packet[2..], packetId);
            to.Advance(4);
            return;
        }

        byte[] text = ReasonText(reason);
        Span<byte> body = stackalloc byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(body, packetId);
        body[2] = (byte)code;
        Packet(to, (byte)((int)type << 4), body[..3], ReasonProperties(text));
    }

    /// <summary>The answer to CONNECT.</summary>
    public static void ConnectAcknowledgement(
        IBufferWriter<byte> to, bool isFive, bool isSessionPresent, MqttReason code, ConnectionTerms? terms)
    {
        Span<byte> body = stackalloc byte[2];
        body[0] = isSessionPresent && code == MqttReason.Success ? (byte)1 : (byte)0;
        body[1] = isFive ? (byte)code : code switch
        {
            MqttReason.Success => (byte)0,
            MqttReason.NotSupportedVersion => (byte)1,
            MqttReason.NotAuthorized => (byte)5,
            _ => (byte)3,
        };
        Packet(to, (int)PacketType.ConnectAcknowledgement << 4, body, isFive ? Terms(terms) : []);
    }

    /// <summary>An answer to SUBSCRIBE or UNSUBSCRIBE.</summary>
    public static void SubscribeAcknowledgement(
        IBufferWriter<byte> to, PacketType type, ushort packetId, bool isFive, ReadOnlySpan<byte> codes)
    {
        byte[] body = new byte[sizeof(ushort) + (isFive ? 1 : 0)];
        BinaryPrimitives.WriteUInt16BigEndian(body, packetId);
        Packet(to, (byte)((int)type << 4), body, codes);
    }

    /// <summary>The answer to PINGREQ.</summary>
    public static void PingResponse(IBufferWriter<byte> to) =>
        to.Write<byte>([(int)PacketType.PingResponse << 4, 0]);

    /// <summary>The last word to a client of MQTT 5.</summary>
    public static void Disconnect(IBufferWriter<byte> to, MqttReason code, string reason) =>
        Packet(to, (int)PacketType.Disconnect << 4, [(byte)code], ReasonProperties(ReasonText(reason)));

    /// <summary>A message at QoS 0.</summary>
    public static void Publish(IBufferWriter<byte> to, string topic, ReadOnlySpan<byte> payload, bool isFive)
    {
        byte[] name = Encoding.UTF8.GetBytes(topic);
        byte[] head = new byte[sizeof(ushort) + name.Length + (isFive ? 1 : 0)];
        BinaryPrimitives.WriteUInt16BigEndian(head, checked((ushort)name.Length));
        name.CopyTo(head, sizeof(ushort));
        Packet(to, (int)PacketType.Publish << 4, head, payload);
    }

    private static byte[] Terms(ConnectionTerms? terms)
    {
        if (terms is null) return [0];
        ArrayBufferWriter<byte> properties = new();
        Number16(properties, 0x21, (ushort)terms.MessagesInFlightMax);
        Number16(properties, 0x22, (ushort)terms.AliasesMax);
        Span<byte> packet = properties.GetSpan(5);
        packet[0] = 0x27;
        BinaryPrimitives.WriteUInt32BigEndian(packet[1..], (uint)terms.PacketBytesMax);
        properties.Advance(5);
        properties.Write<byte>([0x29, 0, 0x2A, 0]);
        if (terms.AssignedClientId is { } id)
        {
            byte[] name = Encoding.UTF8.GetBytes(id);
            Number16(properties, 0x12, (ushort)name.Length);
            properties.Write(name);
        }

        ArrayBufferWriter<byte> whole = new();
        Length(whole, properties.WrittenCount);
        whole.Write(properties.WrittenSpan);
        return whole.WrittenSpan.ToArray();
    }

    private static void Number16(ArrayBufferWriter<byte> to, byte id, ushort value)
    {
        Span<byte> property = to.GetSpan(3);
        property[0] = id;
        BinaryPrimitives.WriteUInt16BigEndian(property[1..], value);
        to.Advance(3);
    }

    private static byte[] ReasonText(string? reason) =>
        Encoding.UTF8.GetBytes(reason is { Length: > ReasonCharsMax } ? reason[..ReasonCharsMax] : reason
            ?? "");

    private static byte[] ReasonProperties(byte[] text)
    {
        if (text.Length == 0) return [0];
        ArrayBufferWriter<byte> properties = new();
        Length(properties, text.Length + 3);
        Number16(properties, 0x1F, (ushort)text.Length);
        properties.Write(text);
        return properties.WrittenSpan.ToArray();
    }

    private static void Packet(
        IBufferWriter<byte> to, byte first, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        to.Write<byte>([first]);
        Length(to, head.Length + tail.Length);
        to.Write(head);
        to.Write(tail);
    }

    private static void Length(IBufferWriter<byte> to, int length)
    {
        Span<byte> bytes = to.GetSpan(4);
        int used = 0;
        for (; length >= 0x80; length >>= 7) bytes[used++] = (byte)(length | 0x80);
        bytes[used++] = (byte)length;
        to.Advance(used);
    }
}
