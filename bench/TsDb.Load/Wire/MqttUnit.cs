using System.Buffers.Binary;

namespace TsDb.Load.Wire;

/// <summary>Whole packets of MQTT 5, as far as a <see cref="Forwarder"/> looks into them.</summary>
internal static class MqttUnit
{
    private const int PublishType = 3;
    private const int AcknowledgementType = 4;
    private const int BytesMax = 4 << 20;
    private const byte TopicAliasProperty = 0x23;

    /// <summary>The next packet of a stream; null at its end.</summary>
    public static async Task<byte[]?> ReadAsync(Stream source, CancellationToken ct)
    {
        byte[] head = new byte[5];
        int length = 0;
        int at = 0;
        if (await source.ReadAsync(head.AsMemory(0, 1), ct) == 0) return null;
        do
        {
            await source.ReadExactlyAsync(head.AsMemory(++at, 1), ct);
            length |= (head[at] & 0x7F) << (7 * (at - 1));
        }
        while ((head[at] & 0x80) != 0 && at < head.Length - 1);
        if (length > BytesMax) throw new IOException($"a packet of {length} bytes");
        byte[] packet = new byte[at + 1 + length];
        head.AsSpan(0, at + 1).CopyTo(packet);
        await source.ReadExactlyAsync(packet.AsMemory(at + 1), ct);
        return packet;
    }

    /// <summary>The number of a message that asks for an acknowledgement (QoS 1); null for all
    /// else.</summary>
    public static int? IdToAcknowledge(ReadOnlySpan<byte> packet)
    {
        if (packet[0] >> 4 != PublishType || (packet[0] & 0x06) != 0x02) return null;
        ReadOnlySpan<byte> body = BodyOf(packet);
        int topic = BinaryPrimitives.ReadUInt16BigEndian(body);
        return BinaryPrimitives.ReadUInt16BigEndian(body[(2 + topic)..]);
    }

    /// <summary>
    /// True for a message that also gives its topic a number (section 3.3.2.3.4), with no property before it:
    /// a broker that drops such a message has learnt the number all the same.
    /// </summary>
    public static bool GivesAlias(ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> body = BodyOf(packet);
        int topic = BinaryPrimitives.ReadUInt16BigEndian(body);
        ReadOnlySpan<byte> properties = body[(2 + topic + 2)..];
        return topic > 0 && properties[0] > 0 && properties[1] == TopicAliasProperty;
    }

    /// <summary>The number that a packet acknowledges; null if it is no acknowledgement.</summary>
    public static int? AcknowledgementOf(ReadOnlySpan<byte> packet) =>
        packet[0] >> 4 == AcknowledgementType
            ? BinaryPrimitives.ReadUInt16BigEndian(BodyOf(packet))
            : null;

    /// <summary>The acknowledgement of a message.</summary>
    public static byte[] Acknowledge(int id) => [AcknowledgementType << 4, 2, (byte)(id >> 8), (byte)id];

    /// <summary>The same message, said again.</summary>
    public static byte[] AgainOf(ReadOnlySpan<byte> packet)
    {
        byte[] again = packet.ToArray();
        again[0] |= 0x08;
        return again;
    }

    private static ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> packet)
    {
        int at = 1;
        while ((packet[at] & 0x80) != 0) at++;
        return packet[(at + 1)..];
    }
}
