using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace TsDb.Load.Wire;

/// <summary>
/// Stands between two programs and passes their TCP connections on, counting every byte; on request late, not
/// for a while, or never again. Where it knows that what it passes is MQTT 5 it also loses and doubles
/// messages that ask for an acknowledgement, in both directions: a lost one it acknowledges itself, as a
/// broker does that drops what it has taken (so none is lost that gives its topic a number, which such a
/// broker would know); of a doubled one only the first acknowledgement goes back.
/// </summary>
internal sealed class Forwarder : IAsyncDisposable
{
    private const int UnitsAhead = 256;

    // Of a slow link: as little as the system allows, so that whoever sends has to wait for it.
    private const int SlowBufferBytes = 4 << 10;
    private const int SlowPieceBytes = 512;

    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly bool _isMqtt;
    private readonly int? _bytesPerSecond;
    private readonly Random _chance;
    private readonly Task _accepting;
    private readonly Lock _gate = new();
    private readonly HashSet<CancellationTokenSource> _connections = [];
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _up;
    private long _down;
    private int _lost;
    private int _doubled;
    private int _cut;
    private int _taken;

    /// <summary>Listens, and passes on to a target.</summary>
    /// <param name="target">Where connections go.</param>
    /// <param name="at">Where to listen; null for a free port of loopback.</param>
    /// <param name="isMqtt">True if messages of MQTT 5 pass, which then go one by one.</param>
    /// <param name="seed">Which of them get lost, doubled, and how late all are.</param>
    /// <param name="bytesPerSecond">What passes in each direction of a connection; null for any.</param>
    public Forwarder(
        IPEndPoint target, IPEndPoint? at = null, bool isMqtt = false, int seed = 0,
        int? bytesPerSecond = null)
    {
        (_target, _isMqtt, _chance, _bytesPerSecond) = (target, isMqtt, new Random(seed), bytesPerSecond);
        _open.SetResult();
        _listener = new TcpListener(at ?? new IPEndPoint(IPAddress.Loopback, 0));
        if (bytesPerSecond is not null) _listener.Server.ReceiveBufferSize = SlowBufferBytes;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Its address.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>What it does to what passes; may be changed at any time.</summary>
    public LinkFaults Faults { get; set; } = LinkFaults.None;

    /// <summary>Bytes from those who connected.</summary>
    public long Up => Interlocked.Read(ref _up);

    /// <summary>Bytes to them.</summary>
    public long Down => Interlocked.Read(ref _down);

    /// <summary>Messages lost so far.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Messages doubled so far.</summary>
    public int Doubled => Volatile.Read(ref _doubled);

    /// <summary>Connections taken so far.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Connections cut so far.</summary>
    public int CutCount => Volatile.Read(ref _cut);

    /// <summary>Cuts every connection; new ones are taken.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _cut += _connections.Count;
            foreach (CancellationTokenSource connection in _connections) connection.Cancel();
        }
    }

    /// <summary>Lets nothing pass until <see cref="Resume"/>; connections stay and are taken.</summary>
    public void Stall()
    {
        lock (_gate)
        {
            if (_open.Task.IsCompleted)
                _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Ends a stall: what came meanwhile goes on.</summary>
    public void Resume()
    {
        lock (_gate) _open.TrySetResult();
    }

    /// <inheritdoc/>
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
        Interlocked.Increment(ref _taken);
        using TcpClient near = connection;
        using TcpClient far = new(_target.AddressFamily);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await far.ConnectAsync(_target, either.Token);
        (near.NoDelay, far.NoDelay) = (true, true);
        lock (_gate) _connections.Add(either);
        try
        {
            int pieceBytes = _bytesPerSecond is null ? ForwardedSide.BufferBytes : SlowPieceBytes;
            using ForwardedSide toNear = new(near, pieceBytes);
            using ForwardedSide toFar = new(far, pieceBytes);
            Task up = PumpAsync(toNear, toFar, n => Interlocked.Add(ref _up, n), either.Token);
            Task down = PumpAsync(toFar, toNear, n => Interlocked.Add(ref _down, n), either.Token);
            await Task.WhenAny(up, down);
            await either.CancelAsync();
            await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            lock (_gate) _connections.Remove(either);
        }
    }

    // Reading goes on while what was read waits for its time.
    private async Task PumpAsync(
        ForwardedSide from, ForwardedSide to, Action<int> count, CancellationToken ct)
    {
        Channel<(long Due, byte[] Bytes)> late =
            Channel.CreateBounded<(long Due, byte[] Bytes)>(_bytesPerSecond is null ? UnitsAhead : 1);
        Task passing = PassAsync(late, to, ct);
        try
        {
            while (await from.ReadAsync(_isMqtt, ct) is { } unit)
            {
                count(unit.Length);
                foreach (byte[] bytes in await ThroughAsync(from, to, unit, ct))
                    await late.Writer.WriteAsync((DueAt(), bytes), ct);
            }
        }
        finally
        {
            late.Writer.TryComplete();
            await passing;
        }
    }

    private async Task PassAsync(
        Channel<(long Due, byte[] Bytes)> late, ForwardedSide to, CancellationToken ct)
    {
        try
        {
            await foreach ((long due, byte[] bytes) in late.Reader.ReadAllAsync(ct))
            {
                await _open.Task.WaitAsync(ct);
                TimeSpan rest = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due);
                if (rest > TimeSpan.Zero) await Task.Delay(rest, TimeProvider.System, ct);
                await to.SendAsync(bytes, ct);
                if (_bytesPerSecond is { } rate)
                {
                    await Task.Delay(
                        TimeSpan.FromSeconds((double)bytes.Length / rate), TimeProvider.System, ct);
                }
            }
        }
        finally
        {
            // Nobody takes anything more: whoever reads for it ends, too.
            late.Writer.TryComplete();
        }
    }

    private long DueAt()
    {
        long now = TimeProvider.System.GetTimestamp();
        if (Faults.DelayMax <= TimeSpan.Zero) return now;
        lock (_chance)
        {
            return now + (long)(_chance.NextDouble() * Faults.DelayMax.TotalSeconds
                * TimeProvider.System.TimestampFrequency);
        }
    }

    // What goes on of a packet: it, nothing, or it and once more.
    private async Task<byte[][]> ThroughAsync(
        ForwardedSide from, ForwardedSide to, byte[] unit, CancellationToken ct)
    {
        if (!_isMqtt) return [unit];
        if (MqttUnit.AcknowledgementOf(unit) is { } acknowledged)
            return from.IsSecond(acknowledged) ? [] : [unit];
        if (MqttUnit.IdToAcknowledge(unit) is not { } id) return [unit];
        double luck;
        lock (_chance) luck = _chance.NextDouble();
        if (luck < Faults.LossShare && !MqttUnit.GivesAlias(unit))
        {
            Interlocked.Increment(ref _lost);
            await from.SendAsync(MqttUnit.Acknowledge(id), ct);
            return [];
        }

        if (luck < Faults.LossShare || luck >= Faults.LossShare + Faults.DoubleShare) return [unit];
        Interlocked.Increment(ref _doubled);
        to.ExpectTwice(id);
        return [unit, MqttUnit.AgainOf(unit)];
    }
}
