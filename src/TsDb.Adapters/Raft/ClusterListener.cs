using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>The one listener of the cluster port: reads the preface, then serves or hands over.</summary>
internal sealed class ClusterListener(IClusterCallee callee, TimeProvider clock, ILogger log)
    : IAsyncDisposable
{
    private const int CallersMax = 128;
    private static readonly TimeSpan PrefaceWithin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TalkWithin = TimeSpan.FromSeconds(15);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _callers = new(CallersMax, CallersMax);
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;

    /// <summary>
    /// Binds; the port is the real one when 0 was asked for. Throws <see cref="ErrorKind.Conflict"/> if the
    /// address is in use, or none of this machine's.
    /// </summary>
    public IPEndPoint Bind(IPEndPoint wanted)
    {
        _socket = new Socket(wanted.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(wanted);
            _socket.Listen();
        }
        catch (SocketException e)
        {
            throw new TsDbException(
                ErrorKind.Conflict, $"cannot listen on {wanted}, the address of --cluster: {e.Message}", e);
        }

        return (IPEndPoint)_socket.LocalEndPoint!;
    }

    /// <summary>Begins to accept.</summary>
    public void Start() => _accepting = AcceptAsync(_socket!);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _socket?.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _callers.WaitAsync(_stop.Token);
                Socket socket = await listener.AcceptAsync(_stop.Token);
                _ = ServeAsync(socket);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A connection that went away while it was accepted, or no descriptors left: the next may do
                // better.
                _callers.Release();
                Log.Ended(log, "unknown", e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, CancellationToken.None);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        string remote = socket.RemoteEndPoint?.ToString() ?? "unknown";
        NetworkStream stream = new(socket, ownsSocket: true);
        bool isHandedOver = false;
        try
        {
            socket.NoDelay = true;
            ClusterDialer.KeepAlive(socket);
            using CancellationTokenSource timer = new(PrefaceWithin, clock);
            using CancellationTokenSource patience =
                CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timer.Token);
            ClusterPurpose? purpose;
            await using (patience.Token.Register(stream.Dispose))
            {
                // By a thread that waits: a socket that was once awaited never waits cheaply again.
                purpose = await Task.Factory.StartNew(
                    () => Meet(stream, remote), CancellationToken.None,
                    TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }

            timer.CancelAfter(TalkWithin);
            switch (purpose)
            {
                case ClusterPurpose.Raft:
                    isHandedOver = callee.TakeRaft(stream, socket.RemoteEndPoint);
                    break;
                case ClusterPurpose.Question:
                    isHandedOver = callee.TakeQuestions(stream);
                    break;
                case ClusterPurpose.Talk:
                    await TalkAsync(stream, patience.Token);
                    break;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException
            or ObjectDisposedException or TsDbException)
        {
            Log.Ended(log, remote, e.Message);
        }
        finally
        {
            if (!isHandedOver) await stream.DisposeAsync();
            _callers.Release();
        }
    }

    // What the connection is for; null if it may not go on.
    private ClusterPurpose? Meet(NetworkStream stream, string remote)
    {
        ClusterPreface? preface = ClusterPreface.Read(stream);
        if (preface is null)
        {
            Log.Refused(log, remote, "no cluster preface of the version spoken here");
            return null;
        }

        ClusterVerdict verdict = callee.Judge(preface);
        ClusterPreface.Answer(stream, verdict, callee.Cluster);
        if (verdict == ClusterVerdict.Welcome) return preface.Purpose;
        Log.Refused(log, remote, $"{verdict}, it says cluster {preface.Cluster}");
        return null;
    }

    private async Task TalkAsync(NetworkStream stream, CancellationToken ct)
    {
        TalkReply reply;
        try
        {
            TalkRequest request = await TalkFrame.ReadAsync<TalkRequest>(stream, ct);
            reply = await callee.AnswerAsync(request, ct);
        }
        catch (TsDbException e)
        {
            reply = new TalkReply.Failed(e.Kind, e.Message);
        }

        await TalkFrame.WriteAsync(stream, reply, ct);
    }
}
