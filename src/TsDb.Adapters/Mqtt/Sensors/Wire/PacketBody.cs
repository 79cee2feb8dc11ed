using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>
/// Reads the body of a packet front to back; whatever does not fit is a <see cref="MqttFault"/>.
/// </summary>
internal ref struct PacketBody(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>True if everything was read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public ushort Number16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint Number32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public ReadOnlySpan<byte> Binary() => Take(Number16());

    /// <summary>The bytes of a text; not checked to be one.</summary>
    public ReadOnlySpan<byte> TextBytes() => Take(Number16());

    public string Text()
    {
        ReadOnlySpan<byte> utf8 = TextBytes();
        RequireText(utf8);
        return Encoding.UTF8.GetString(utf8);
    }

    public int Variable()
    {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7)
        {
            byte part = Byte();
            value |= (part & 0x7F) << shift;
            if ((part & 0x80) == 0) return value;
        }

        throw new MqttFault(MqttReason.MalformedPacket, "a length inside a packet is malformed");
    }

    /// <summary>The properties of MQTT 5 that stand here.</summary>
    public PacketBody Properties() => new(Take(Variable()));

    /// <summary>Reads past the value of a property that is of no interest.</summary>
    public void SkipProperty(byte id)
    {
        switch (id)
        {
            case 0x01 or 0x17 or 0x19 or 0x24 or 0x25 or 0x28 or 0x29 or 0x2A:
                Take(1);
                break;
            case 0x13 or 0x21 or 0x22 or 0x23:
                Take(2);
                break;
            case 0x02 or 0x11 or 0x18 or 0x27:
                Take(4);
                break;
            case 0x0B:
                Variable();
                break;
            case 0x26:
                TextBytes();
                TextBytes();
                break;
            case 0x03 or 0x08 or 0x09 or 0x12 or 0x15 or 0x16 or 0x1A or 0x1C or 0x1F:
                TextBytes();
                break;
            default:
                throw new MqttFault(MqttReason.MalformedPacket, $"property 0x{id:X2} is not known");
        }
    }

    /// <summary>Refuses bytes that MQTT does not allow as a text.</summary>
    public static void RequireText(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8) || utf8.Contains((byte)0))
            throw new MqttFault(MqttReason.MalformedPacket, "a text is not valid UTF-8");
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _rest.Length)
            throw new MqttFault(MqttReason.MalformedPacket, "a packet is shorter than its parts");
        ReadOnlySpan<byte> taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
