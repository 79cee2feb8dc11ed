using System.Net;
using System.Net.Sockets;

namespace TsDb.Load.Wire;

/// <summary>Passes TCP connections on and counts every byte of both directions.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Task _accepting;
    private long _up;
    private long _down;

    /// <summary>Listens on a free port of loopback.</summary>
    /// <param name="target">Where connections go.</param>
    public CountingProxy(IPEndPoint target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Its address.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Bytes from those who connected.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes to them.</summary>
    public long Down => Interlocked.Read(ref _down);

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
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                connections.Add(ServeAsync(socket));
            }
        }
        finally
        {
            await Task.WhenAll(connections).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using Socket near = socket;
        using Socket far = new(SocketType.Stream, ProtocolType.Tcp);
        await far.ConnectAsync(_target, _stop.Token);
        (near.NoDelay, far.NoDelay) = (true, true);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        Task up = PumpAsync(near, far, n => Interlocked.Add(ref _up, n), either.Token);
        Task down = PumpAsync(far, near, n => Interlocked.Add(ref _down, n), either.Token);
        await Task.WhenAny(up, down);
        await either.CancelAsync();
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task PumpAsync(Socket from, Socket to, Action<int> count, CancellationToken ct)
    {
        byte[] buffer = new byte[BufferBytes];
        for (int read; (read = await from.ReceiveAsync(buffer, ct)) > 0;)
        {
            count(read);
            await to.SendAsync(buffer.AsMemory(0, read), ct);
        }
    }
}
