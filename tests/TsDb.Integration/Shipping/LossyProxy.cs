using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TsDb.Integration.Shipping;

/// <summary>
/// Passes MQTT 5 on, but loses some of the messages that ask for an acknowledgement, in both directions, and
/// acknowledges them itself: as a broker does that drops what it has taken.
/// </summary>
internal sealed class LossyProxy : IAsyncDisposable
{
    private const int PublishType = 3;
    private const int PacketBytesMax = 4 << 20;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly double _share;
    private readonly Random _chance;
    private readonly Task _accepting;
    private int _lost;

    /// <summary>Listens on a free port of loopback.</summary>
    /// <param name="target">The broker.</param>
    /// <param name="share">Share of the messages that get lost.</param>
    /// <param name="seed">Which ones.</param>
    public LossyProxy(Uri target, double share, int seed)
    {
        (_target, _share, _chance) = (target, share, new Random(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Url => new($"mqtt://{_listener.LocalEndpoint}");

    /// <summary>Messages lost so far.</summary>
    public int Lost => Volatile.Read(ref _lost);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using TcpClient near = connection;
        using TcpClient far = new();
        await far.ConnectAsync(IPAddress.Parse(_target.Host), _target.Port, _stop.Token);
        (near.NoDelay, far.NoDelay) = (true, true);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using SemaphoreSlim toNear = new(1);
        using SemaphoreSlim toFar = new(1);
        Task up = PumpAsync((near, toNear), (far, toFar), either.Token);
        Task down = PumpAsync((far, toFar), (near, toNear), either.Token);
        await Task.WhenAny(up, down);
        await either.CancelAsync();
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PumpAsync(
        (TcpClient Client, SemaphoreSlim Gate) from, (TcpClient Client, SemaphoreSlim Gate) to,
        CancellationToken ct)
    {
        NetworkStream source = from.Client.GetStream();
        while (await ReadPacketAsync(source, ct) is { } packet)
        {
            if (packet.Acknowledgement is { } acknowledgement && IsUnlucky())
            {
                Interlocked.Increment(ref _lost);
                await SendAsync(from, acknowledgement, ct);
            }
            else
            {
                await SendAsync(to, packet.Bytes, ct);
            }
        }
    }

    private bool IsUnlucky()
    {
        lock (_chance) return _chance.NextDouble() < _share;
    }

    // Both pumps write to either side.
    private static async Task SendAsync(
        (TcpClient Client, SemaphoreSlim Gate) to, byte[] bytes, CancellationToken ct)
    {
        await to.Gate.WaitAsync(ct);
        try
        {
            await to.Client.GetStream().WriteAsync(bytes, ct);
        }
        finally
        {
            to.Gate.Release();
        }
    }

    private static async Task<(byte[] Bytes, byte[]? Acknowledgement)?> ReadPacketAsync(
        NetworkStream source, CancellationToken ct)
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
        while ((head[at] & 0x80) != 0);
        if (length > PacketBytesMax) throw new IOException($"a packet of {length} bytes");
        byte[] packet = new byte[at + 1 + length];
        head.AsSpan(0, at + 1).CopyTo(packet);
        await source.ReadExactlyAsync(packet.AsMemory(at + 1), ct);
        bool isAcknowledged = head[0] >> 4 == PublishType && (head[0] & 0x06) == 0x02;
        if (!isAcknowledged) return (packet, null);
        int topic = BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 1));
        byte[] acknowledgement = [0x40, 2, packet[at + 3 + topic], packet[at + 4 + topic]];
        return (packet, acknowledgement);
    }
}
