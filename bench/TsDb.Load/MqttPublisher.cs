using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TsDb.Load;

/// <summary>
/// One client of MQTT 3.1.1 that publishes points at QoS 1 and notes how long each acknowledgement took. The
/// smallest thing that speaks the protocol, so that what is measured is the server.
/// </summary>
internal sealed class MqttPublisher : IDisposable
{
    private const long StartNanoseconds = 1_700_000_000_000_000_000;
    private const long NanosecondsBetween = 1_000_000;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly NetworkStream _stream;
    private readonly BufferedStream _input;
    private readonly byte[] _topic;
    private readonly string _device;
    private readonly long[] _sentAt = new long[ushort.MaxValue + 1];

    private MqttPublisher(int number, int port)
    {
        _socket.Connect("127.0.0.1", port);
        _stream = new NetworkStream(_socket);
        _input = new BufferedStream(_stream, 4_096);
        _topic = Encoding.UTF8.GetBytes("tsdb/write/default");
        _device = string.Create(CultureInfo.InvariantCulture, $"climate,site=s{number % 5},device=d{number}");
    }

    /// <summary>Connects.</summary>
    public static async Task<MqttPublisher> ConnectAsync(int number, int port)
    {
        MqttPublisher client = new(number, port);
        byte[] id = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"load{number}"));
        await client._stream.WriteAsync(new byte[]
        {
            0x10, (byte)(12 + id.Length), 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0,
            (byte)id.Length,
        }.Concat(id).ToArray());
        byte[] answer = await client.ReadAsync();
        return answer is [0x20, 2, _, 0] ? client : throw new InvalidDataException("MQTT: not connected");
    }

    /// <summary>
    /// Publishes single points with a window of them under way; returns the milliseconds of each.
    /// </summary>
    public async Task<double[]> PublishAsync(int count, int window)
    {
        double[] waits = new double[count];
        using SemaphoreSlim slots = new(window, window);
        Task acknowledged = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                byte[] packet = await ReadAsync();
                int id = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2));
                waits[i] = Stopwatch.GetElapsedTime(_sentAt[id]).TotalMilliseconds;
                slots.Release();
            }
        });
        for (int i = 0; i < count; i++)
        {
            await slots.WaitAsync();
            ushort id = (ushort)((i % ushort.MaxValue) + 1);
            byte[] packet = Publish(id, i);
            _sentAt[id] = Stopwatch.GetTimestamp();
            await _stream.WriteAsync(packet);
        }

        await acknowledged;
        return waits;
    }

    public void Dispose()
    {
        _input.Dispose();
        _socket.Dispose();
    }

    private byte[] Publish(ushort id, int number)
    {
        double value = 20 + (number % 500 * 0.01);
        long time = StartNanoseconds + (number * NanosecondsBetween);
        byte[] point = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{_device} temperature={value:0.00} {time}"));
        int body = 2 + _topic.Length + 2 + point.Length;
        byte[] packet = new byte[(body < 128 ? 2 : 3) + body];
        packet[0] = 0x32;
        int at = 1;
        if (body >= 128) packet[at++] = (byte)(body | 0x80);
        packet[at++] = (byte)(body < 128 ? body : body >> 7);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(at), (ushort)_topic.Length);
        _topic.CopyTo(packet, at + 2);
        at += 2 + _topic.Length;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(at), id);
        point.CopyTo(packet, at + 2);
        return packet;
    }

    // Every packet that comes is one of four bytes: CONNACK and PUBACK.
    private async Task<byte[]> ReadAsync()
    {
        byte[] packet = new byte[4];
        await _input.ReadExactlyAsync(packet);
        return packet;
    }
}
