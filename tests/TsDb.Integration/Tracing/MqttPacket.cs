using System.Buffers.Binary;
using System.Text;

namespace TsDb.Integration.Tracing;

/// <summary>A packet of MQTT 5 in a trace.</summary>
/// <param name="Header">Type and flags.</param>
/// <param name="Body">What follows the length.</param>
/// <param name="First">The call that moved its first byte.</param>
/// <param name="Last">The call that moved its last byte.</param>
internal sealed record MqttPacket(byte Header, byte[] Body, SystemCall First, SystemCall Last)
{
    private const int PublishType = 3;
    private const int PubackType = 4;

    public bool IsPublish => Header >> 4 == PublishType;

    public bool IsPuback => Header >> 4 == PubackType;

    public string Topic => Encoding.UTF8.GetString(Body, 2, TopicLength);

    /// <summary>Of a publish above QoS 0, and of a puback.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Body.AsSpan(IsPublish ? 2 + TopicLength : 0));

    /// <summary>What a publish carries.</summary>
    public byte[] Payload
    {
        get
        {
            int at = 2 + TopicLength + ((Header & 0b110) == 0 ? 0 : 2);
            return Body[(Length(i => Body[i], ref at) + at)..];
        }
    }

    private int TopicLength => BinaryPrimitives.ReadUInt16BigEndian(Body);

    /// <summary>The whole packets of a stream.</summary>
    public static IEnumerable<MqttPacket> In(TracedStream stream)
    {
        int at = 0;
        while (at + 2 <= stream.Length)
        {
            int start = at++;
            int length = Length(i => stream[i], ref at);
            if (at + length > stream.Length) yield break;
            at += length;
            yield return new MqttPacket(
                stream[start],
                stream.Slice(at - length, length),
                stream.CallAt(start),
                stream.CallAt(at - 1));
        }
    }

    // Seven bits a byte, low ones first; the eighth says that another follows.
    private static int Length(Func<int, byte> read, ref int at)
    {
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = read(at++);
            length |= (part & 0x7F) << shift;
            if (part < 0x80) return length;
        }
    }
}
