using System.Buffers;

namespace TsDb.Adapters.Mqtt.Sensors.Wire;

/// <summary>The fixed header of a packet.</summary>
/// <param name="First">Type and flags.</param>
/// <param name="HeaderBytes">Length of the header.</param>
/// <param name="BodyBytes">Length of what follows it.</param>
internal readonly record struct PacketFrame(byte First, int HeaderBytes, int BodyBytes)
{
    private const int LengthBytesMax = 4;

    /// <summary>What kind of packet it is.</summary>
    public PacketType Type => (PacketType)(First >> 4);

    /// <summary>The flags.</summary>
    public int Flags => First & 0x0F;

    /// <summary>Length of the whole packet.</summary>
    public long PacketBytes => (long)HeaderBytes + BodyBytes;

    /// <summary>
    /// Reads the header of the packet that the bytes begin with; false if it is not all there. Throws <see
    /// cref="MqttFault"/> for a length that is malformed.
    /// </summary>
    public static bool TryRead(in ReadOnlySequence<byte> bytes, out PacketFrame frame)
    {
        frame = default;
        Span<byte> header = stackalloc byte[1 + LengthBytesMax];
        int have = (int)Math.Min(bytes.Length, header.Length);
        bytes.Slice(0, have).CopyTo(header);
        int length = 0;
        for (int i = 1; i < have; i++)
        {
            length |= (header[i] & 0x7F) << (7 * (i - 1));
            if ((header[i] & 0x80) != 0) continue;
            frame = new PacketFrame(header[0], i + 1, length);
            return true;
        }

        if (have == header.Length)
            throw new MqttFault(MqttReason.MalformedPacket, "a packet's length is malformed");
        return false;
    }
}
