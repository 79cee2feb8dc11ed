using System.Net;
using System.Net.Sockets;
using System.Runtime;
using System.Text;
using TsDb.Storage;
using TsDb.Storage.Rehearsal;

namespace TsDb.Edge;

/// <summary>
/// What a node does before it says that it is ready: it takes a write on the whole way once, into memory,
/// and a request without points at its own address. Else the first writers would wait for hundreds of
/// methods to be compiled, a third of a second on a small machine.
/// </summary>
internal static partial class Rehearsal
{
    // A program that is compiled as it runs has compiled more than this by now. To rehearse would then take
    // longer than the first request.
    private const int CompiledMax = 1_500;

    private const int CommentLines = 12_000;
    private const int Requests = 2;
    private const int AnswerBytesMax = 4_096;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>Rehearses. A failure is logged and otherwise of no consequence.</summary>
    /// <param name="env">Clock and ids for the store in memory.</param>
    /// <param name="http">The address that takes writes.</param>
    public static async Task RunAsync(StoreEnvironment env, IPEndPoint http)
    {
        if (JitInfo.GetCompiledMethodCount() > CompiledMax) return;
        ILogger log = env.Loggers.CreateLogger("TsDb.Edge.Rehearsal");
        try
        {
            using CancellationTokenSource late = new(Within, env.Clock);
            await StoreRehearsal.RunAsync(env, late.Token);
            await AskAsync(http, late.Token);
        }
        catch (OperationCanceledException)
        {
            GivenUp(log, Within.TotalSeconds);
        }
        catch (Exception error)
        {
            Failed(log, error);
        }
    }

    /// <summary>
    /// Sends bodies of comments, which are writes without points and leave nothing. The node is asked to say
    /// when it waits for the body, because most requests under load are waited for, byte by byte and one
    /// after the other.
    /// </summary>
    private static async Task AskAsync(IPEndPoint http, CancellationToken ct)
    {
        IPAddress address = http.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
            : http.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : http.Address;
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(new IPEndPoint(address, http.Port), ct);
        byte[] body = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat("# a line that is no point\n", CommentLines)));
        byte[] head = Encoding.ASCII.GetBytes("POST /write?db=rehearsal&precision=ns HTTP/1.1\r\n"
            + $"Host: rehearsal\r\nContent-Length: {body.Length}\r\nExpect: 100-continue\r\n\r\n");
        for (int i = 0; i < Requests; i++)
        {
            await socket.SendAsync(head, ct);
            await ReadHeadAsync(socket, ct);
            await socket.SendAsync(body, ct);
            await ReadHeadAsync(socket, ct);
        }
    }

    /// <summary>Reads an answer that has no body.</summary>
    private static async Task ReadHeadAsync(Socket socket, CancellationToken ct)
    {
        byte[] answer = new byte[AnswerBytesMax];
        int length = 0;
        do
        {
            int read = await socket.ReceiveAsync(answer.AsMemory(length), ct);
            if (read == 0) throw new IOException("the node's own address ended the connection");
            length += read;
        }
        while (!answer.AsSpan(0, length).EndsWith("\r\n\r\n"u8));
    }

    [LoggerMessage(
        1091, LogLevel.Information,
        "The rehearsal before the first write was given up after {Seconds} s, as on a busy machine; the node "
        + "goes on")]
    private static partial void GivenUp(ILogger log, double seconds);

    [LoggerMessage(1090, LogLevel.Warning, "The rehearsal before the first write failed; the node goes on")]
    private static partial void Failed(ILogger log, Exception error);
}
