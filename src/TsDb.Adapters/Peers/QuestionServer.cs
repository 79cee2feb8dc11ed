using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Peers;

/// <summary>
/// Answers other nodes' questions on their lines. Each line has a thread that waits for the next question and
/// answers it: the thread pool's way takes three wakes in place of one, which cost more than most answers.
/// </summary>
public sealed class QuestionServer(NodeId self, LocalQueries local, TimeProvider clock, ILogger log)
    : IDisposable
{
    /// <summary>Takes the heartbeats that come on lines.</summary>
    public required HeartbeatDesk Heartbeats { get; init; }

    /// <summary>Tells the digests of shards.</summary>
    public required DigestDesk Digests { get; init; }

    // A thread that waits costs little but its stack.
    private const int LinesMax = 1_024;
    private static readonly TimeSpan SendWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<Thread, NetworkStream> _lines = [];

    /// <summary>Serves a connection until it ends; false if there are too many.</summary>
    public bool Take(NetworkStream stream)
    {
        Thread thread = new(() => Serve(stream)) { IsBackground = true, Name = "peer questions" };
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || _lines.Count >= LinesMax) return false;
            _lines.Add(thread, stream);
        }

        thread.Start();
        return true;
    }

    /// <summary>Closes all connections and waits for their threads.</summary>
    public void Dispose()
    {
        Thread[] threads;
        lock (_gate)
        {
            _stop.Cancel();
            threads = [.. _lines.Keys];
            foreach (NetworkStream stream in _lines.Values) stream.Dispose();
        }

        foreach (Thread thread in threads) thread.Join(StopWithin);
        _stop.Dispose();
    }

    private void Serve(NetworkStream stream)
    {
        try
        {
            stream.WriteTimeout = (int)SendWithin.TotalMilliseconds;
            FrameReader reader = new(stream);
            while (reader.TryRead() is { } question)
            {
                using (question) AnswerAsync(question, stream).GetAwaiter().GetResult();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException
            or TsDbException)
        {
            // The other node is gone, or this one stops: it asks anew if it has to.
            Log.LineEnded(log, e.Message);
        }
        catch (Exception e)
        {
            Log.LineFailed(log, e);
        }
        finally
        {
            stream.Dispose();
            lock (_gate) _lines.Remove(Thread.CurrentThread);
        }
    }

    private async Task AnswerAsync(Frame question, NetworkStream stream)
    {
        try
        {
            if (question.Kind == FrameKind.Catalog) await AnswerCatalogAsync(question, stream);
            else if (question.Kind == FrameKind.Fragment) await AnswerRowsAsync(question, stream);
            else if (question.Kind == FrameKind.Beat) AnswerBeat(question, stream);
            else if (question.Kind == FrameKind.Digests) AnswerDigests(question, stream);
            else throw NodeMessages.Wrong($"{question.Kind} is no question");
        }
        catch (TsDbException e)
        {
            using Frame failed = Frame.Of(e);
            stream.Write(failed.Bytes.Span);
        }
    }

    private void AnswerBeat(Frame question, NetworkStream stream)
    {
        using Frame reply = Frame.Of(
            FrameKind.BeatReply,
            Heartbeats.Answer(HeartbeatRequest.Parser.ParseFrom(question.Payload.Span)));
        stream.Write(reply.Bytes.Span);
    }

    private void AnswerDigests(Frame question, NetworkStream stream)
    {
        using Frame reply = Frame.Of(
            FrameKind.DigestsReply,
            Digests.Answer(ShardDigestsRequest.Parser.ParseFrom(question.Payload.Span)));
        stream.Write(reply.Bytes.Span);
    }

    private async Task AnswerCatalogAsync(Frame question, NetworkStream stream)
    {
        CatalogRequest request = CatalogRequest.Parser.ParseFrom(question.Payload.Span);
        CatalogQuestion asked = QueryMessages.Question(request);
        CatalogAnswer answer = await local.Catalog.AskAsync(self, asked, _stop.Token);
        CatalogReply message = QueryMessages.Reply(answer, request);

        // Too much to be made first: it is on its way before it could be asked for.
        message.RowsFollow = request.RowsBehind && asked.Fragment is { } fragment && answer.Early is null
            && answer.Version.Covers(fragment.AtLeast);
        using (Frame reply = Frame.Of(FrameKind.Reply, message)) stream.Write(reply.Bytes.Span);
        if (!message.RowsFollow) return;
        FragmentRequest now = asked.Fragment! with { AtLeast = answer.Version };
        await AnswerRowsAsync(request.Fragment, now, stream);
    }

    private Task AnswerRowsAsync(Frame question, NetworkStream stream)
    {
        FragmentTicket ticket = FragmentTicket.Parser.ParseFrom(question.Payload.Span);
        return AnswerRowsAsync(ticket, QueryMessages.Request(ticket), stream);
    }

    private async Task AnswerRowsAsync(FragmentTicket ticket, FragmentRequest request, NetworkStream stream)
    {
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        await using ITimer looks = clock.CreateTimer(
            _ =>
            {
                if (HasEnded(stream.Socket)) gone.Cancel();
            },
            null, LookEvery, LookEvery);
        await using ISqlResult result =
            await local.Fragments.RunAsync(self, request, gone.Token);
        await foreach (FlightData rows in FlightEncoder.EncodeAsync(
            result.Schema, result, ticket.TextRuns, gone.Token)) Send(rows, stream);
        byte[] end = new byte[Frame.HeadBytes];
        Frame.WriteHead(end, FrameKind.End, 0);
        stream.Write(end);
    }

    // Head and body in one call: the other end is woken for each.
    private static void Send(FlightData rows, NetworkStream stream)
    {
        (int header, int body) = (rows.DataHeader.Length, rows.DataBody.Length);
        byte[] head = new byte[Frame.HeadBytes + sizeof(int) + header];
        Frame.WriteHead(head, FrameKind.Rows, sizeof(int) + header + body);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(Frame.HeadBytes), header);
        rows.DataHeader.Span.CopyTo(head.AsSpan(Frame.HeadBytes + sizeof(int)));
        if (body == 0 || !MemoryMarshal.TryGetArray(rows.DataBody.Memory, out ArraySegment<byte> bytes))
        {
            stream.Write(head);
            if (body > 0) stream.Write(rows.DataBody.Span);
            return;
        }

        try
        {
            if (stream.Socket.Send([head, bytes]) < head.Length + body)
                throw new IOException("a frame was sent in part");
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    // Nobody says more before the rows have ended: what can be read there is the end of the connection.
    private static bool HasEnded(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
