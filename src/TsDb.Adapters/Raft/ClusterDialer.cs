using System.Net.Sockets;
using TsDb.Model;

namespace TsDb.Adapters.Raft;

/// <summary>Calls other nodes' cluster ports.</summary>
internal sealed class ClusterDialer(TimeProvider clock)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WorkWithin = TimeSpan.FromSeconds(8);

    /// <summary>Connects and says the preface. The caller disposes the stream.</summary>
    public static async Task<NetworkStream> CallAsync(
        string address, ClusterPreface preface, CancellationToken ct)
    {
        (string host, int port) = SplitOrThrow(address);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, ct);
            KeepAlive(socket);
            NetworkStream stream = new(socket, ownsSocket: true);
            await preface.CallAsync(stream, ct);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The same by a thread that waits, until <paramref name="ct"/> closes the connection: on a
    /// socket that no task has waited for a thread waits in one call of the system.</summary>
    public static NetworkStream Call(string address, ClusterPreface preface, CancellationToken ct)
    {
        (string host, int port) = SplitOrThrow(address);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using (ct.Register(socket.Dispose))
            {
                socket.Connect(host, port);
                KeepAlive(socket);
                NetworkStream stream = new(socket, ownsSocket: true);
                preface.Call(stream);
                return stream;
            }
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is not TsDbException) ct.ThrowIfCancellationRequested();
            throw;
        }
    }

    /// <summary>Notices a peer that vanished without a word.</summary>
    public static void KeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }

    /// <summary>
    /// Asks one question. Throws what the other node answered, or Unavailable if it does not answer in time:
    /// quick questions get two seconds, those that wait for the log eight.
    /// </summary>
    public async Task<T> AskAsync<T>(
        string address, ClusterPreface preface, TalkRequest request, CancellationToken ct)
        where T : TalkReply
    {
        TimeSpan within = request is TalkRequest.Join or TalkRequest.Propose ? WorkWithin : AnswerWithin;
        using CancellationTokenSource timer = new(within, clock);
        using CancellationTokenSource patience =
            CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            await using NetworkStream stream = await CallAsync(address, preface, patience.Token);
            await TalkFrame.WriteAsync(stream, request, patience.Token);
            TalkReply reply = await TalkFrame.ReadAsync<TalkReply>(stream, patience.Token);
            return reply switch
            {
                T answer => answer,
                TalkReply.Failed failed => throw new TsDbException(failed.Kind, failed.Message),
                _ => throw new TsDbException(
                    ErrorKind.Invalid, $"{address} gave another answer than asked for"),
            };
        }
        catch (Exception e) when (e is SocketException or IOException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new TsDbException(ErrorKind.Unavailable, $"{address} does not answer: {e.Message}", e);
        }
    }

    private static (string Host, int Port) SplitOrThrow(string address) => AddressBook.Split(address)
        ?? throw new TsDbException(ErrorKind.Invalid, $"'{address}' is not host:port");
}
