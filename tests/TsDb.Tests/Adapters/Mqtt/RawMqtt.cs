using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace TsDb.Tests.Adapters.Mqtt;

/// <summary>
/// A client that does exactly what a test says, for what well-behaved libraries never do: doubles, silence,
/// floods, halves of packets.
/// </summary>
internal sealed class RawMqtt : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawMqtt(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    /// <summary>A connection without a CONNECT.</summary>
    public static RawMqtt Open(int port) => new(new TcpClient("127.0.0.1", port) { NoDelay = true });

    /// <summary>The broker's end of a connection that was accepted.</summary>
    public static RawMqtt Accepted(TcpClient tcp) => new(tcp);

    /// <summary>A connection of MQTT 3.1.1 (4) or 5 that has been taken.</summary>
    public static async Task<RawMqtt> ConnectAsync(
        int port, string clientId, byte version = 5, bool isClean = true, byte[]? will = null,
        ushort keepAliveSeconds = 0)
    {
        RawMqtt client = Open(port);
        byte flags = (byte)((isClean ? 2 : 0) | (will is null ? 0 : 4));
        List<byte> body = [0, 4, .. "MQTT"u8, version, flags, (byte)(keepAliveSeconds >> 8),
            (byte)keepAliveSeconds];
        if (version == 5) body.AddRange([5, 0x11, 0xFF, 0xFF, 0xFF, 0xFF]);
        body.AddRange(Text(clientId));
        if (will is not null)
        {
            if (version == 5) body.Add(0);
            body.AddRange(will);
        }

        await client.SendAsync(0x10, [.. body]);
        (byte first, byte[] answer) = await client.ReceiveAsync();
        Assert.Equal((0x20, 0), (first, answer[1]));
        client.IsSessionPresent = answer[0] == 1;
        return client;
    }

    public bool IsSessionPresent { get; private set; }

    public static byte[] Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)utf8.Length);
        return [.. length, .. utf8];
    }

    /// <summary>A PUBLISH of MQTT 5 (or 3.1.1) as bytes.</summary>
    public static byte[] Publish(
        string topic, string payload, int level, ushort packetId, bool isAgain = false, bool isFive = true)
    {
        List<byte> body = [.. Text(topic)];
        if (level > 0) body.AddRange([(byte)(packetId >> 8), (byte)packetId]);
        if (isFive) body.Add(0);
        body.AddRange(Encoding.UTF8.GetBytes(payload));
        return Packet((byte)(0x30 | (isAgain ? 8 : 0) | (level << 1)), [.. body]);
    }

    public static byte[] Packet(byte first, byte[] body)
    {
        List<byte> packet = [first];
        for (int length = body.Length; ; length >>= 7)
        {
            packet.Add((byte)(length >= 0x80 ? (length & 0x7F) | 0x80 : length));
            if (length < 0x80) break;
        }

        packet.AddRange(body);
        return [.. packet];
    }

    public Task SendAsync(byte first, byte[] body) => SendAsync(Packet(first, body));

    public async Task SendAsync(byte[] bytes)
    {
        using CancellationTokenSource patience = new(Soon);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    /// <summary>The next packet: its first byte and its body.</summary>
    public async Task<(byte First, byte[] Body)> ReceiveAsync()
    {
        using CancellationTokenSource patience = new(Soon);
        byte[] one = new byte[1];
        await _stream.ReadExactlyAsync(one, patience.Token);
        byte first = one[0];
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            await _stream.ReadExactlyAsync(one, patience.Token);
            length |= (one[0] & 0x7F) << shift;
            if ((one[0] & 0x80) == 0) break;
        }

        byte[] body = new byte[length];
        await _stream.ReadExactlyAsync(body, patience.Token);
        return (first, body);
    }

    /// <summary>True once the other side has ended the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        using CancellationTokenSource patience = new(Soon);
        byte[] bytes = new byte[1_024];
        try
        {
            while (await _stream.ReadAsync(bytes, patience.Token) > 0) continue;
            return true;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _tcp.Dispose();
}
