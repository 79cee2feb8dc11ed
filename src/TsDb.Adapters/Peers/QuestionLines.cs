using System.Collections.Concurrent;
using System.Net.Sockets;
using Google.Protobuf;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Peers;

/// <summary>
/// Asks other nodes what queries need of them, over connections to their cluster ports that are kept. A
/// question to a catalog is small and waited for: HTTP/2 and gRPC took more processor time than to answer it,
/// on both sides.
/// </summary>
public sealed class QuestionLines : IDisposable
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly IClusterState _cluster;
    private readonly Func<NodeId, uint> _versionOf;
    private readonly Func<ClusterPreface> _preface;
    private readonly ConcurrentDictionary<string, IdleLines> _idle = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _waiters = new(WaitersMax, WaitersMax);

    private volatile bool _isDisposed;

    /// <summary>Lines from a node of a cluster.</summary>
    public QuestionLines(RaftClusterState cluster, PeerLiveness liveness)
        : this(cluster, liveness.VersionOf, () => cluster.PrefaceFor(ClusterPurpose.Question))
    {
    }

    internal QuestionLines(
        IClusterState cluster, Func<NodeId, uint> versionOf, Func<ClusterPreface> preface) =>
        (_cluster, _versionOf, _preface) = (cluster, versionOf, preface);

    /// <summary>Closes all that nobody uses now; others are closed by whoever does.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (IdleLines lines in _idle.Values) lines.Clear();
    }

    /// <summary>Threads of the pool that may wait for answers at a time: it should have so many
    /// more.</summary>
    public static int WaitersMax => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>How long a thread waits for an answer: whatever takes longer is work, beside which being
    /// called back counts for little.</summary>
    internal TimeSpan WaitMax { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>True if the node has said that it answers on such lines: older programs do not.</summary>
    internal bool Reach(NodeId node) => _versionOf(node) >= NodeProtocol.QuestionLines;

    /// <summary>Asks for a catalog. Throws what the node answers, and Unavailable if it is not reached in
    /// time.</summary>
    /// <param name="node">Who.</param>
    /// <param name="request">What.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="begun">The same question if it was asked already, and its answer is only to be waited
    /// for.</param>
    internal async Task<LineReply> CatalogAsync(
        NodeId node, CatalogRequest request, CancellationToken ct, WaitedQuestion? begun = null)
    {
        string address = Find(node).ClusterAddress;
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timer.CancelAfter(AnswerWithin);
        try
        {
            if (begun?.Line is { } asked && await TryFinishAsync(asked, timer.Token) is { } late)
                return ReadReply(asked, late, address);

            // A new line is opened so that threads may wait on it from then on, if they have reason to.
            IdleLines idle = IdleTo(address);
            if (idle.IsEmpty || (MayWait && idle.LacksBlocking))
                return await ByThreadAsync(address, request, timer.Token);
            (QuestionLine line, Frame answer) =
                await AskAsync(address, FrameKind.Catalog, request, timer.Token);
            return ReadReply(line, answer, address);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"node {node} did not answer in time", e);
        }
        catch (Exception e) when (ErrorOf(e, address) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Asks for a catalog on a line on which a thread may wait; null if that cannot be
    /// now.</summary>
    internal WaitedQuestion? TryAsk(NodeId node, CatalogRequest request, CancellationToken ct)
    {
        return TrySend(node, FrameKind.Catalog, request) is { } sent
            ? new WaitedQuestion(
                this, sent.Line, sent.Address, begun => CatalogAsync(node, request, ct, begun))
            : null;
    }

    // On a line on which a thread may wait; null if there is none, or if it was one to a process that is
    // gone: then it is asked once more by whoever does not wait.
    private (QuestionLine Line, string Address)? TrySend(NodeId node, FrameKind kind, IMessage message)
    {
        if (!MayWait || _isDisposed) return null;
        string address = Find(node).ClusterAddress;
        if (IdleTo(address).TakeBlocking() is not { } line) return null;
        try
        {
            using Frame question = Frame.Of(kind, message);
            line.Send(question);
            return (line, address);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            line.Dispose();
            return null;
        }
    }

    /// <summary>Asks for the rows of a fragment, which are open for as long as the result and
    /// <paramref name="ct"/> live. Throws what the node answers, and Unavailable if it is not
    /// reached.</summary>
    internal async Task<ISqlResult> RunAsync(
        NodeId node, FragmentTicket ticket, bool takesRuns, CancellationToken ct)
    {
        string address = Find(node).ClusterAddress;
        try
        {
            (QuestionLine line, Frame first) = await AskAsync(address, FrameKind.Fragment, ticket, ct);
            LineRows rows = new(this, line, first, address);
            return await FlightResult.OpenAsync(rows, rows, address, takesRuns, ct);
        }
        catch (Exception e) when (ErrorOf(e, address) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Asks for the rows of a fragment on a line on which a thread may wait; null if that cannot be
    /// now. The rest as <see cref="RunAsync"/>, once what is returned is called.</summary>
    internal Func<Task<ISqlResult>>? TryBegin(
        NodeId node, FragmentTicket ticket, bool takesRuns, CancellationToken ct)
    {
        if (TrySend(node, FrameKind.Fragment, ticket) is not { } sent) return null;
        return async () =>
        {
            LineRows rows = new(this, sent.Line, first: null, sent.Address);
            try
            {
                return await FlightResult.OpenAsync(rows, rows, sent.Address, takesRuns, ct);
            }
            catch (TsDbException) when (rows.WasLost)
            {
                // The line was one to a process that is gone.
                return await RunAsync(node, ticket, takesRuns, ct);
            }
        };
    }

    /// <summary>Tells a member that this node lives, as <see cref="NodeProtocol.LineHeartbeats"/> has it.
    /// Throws what it says otherwise, Unavailable if it is not reached.</summary>
    internal Task<HeartbeatReply> BeatAsync(Member member, HeartbeatRequest beat, CancellationToken ct) =>
        SayAsync(
            member.ClusterAddress, (FrameKind.Beat, FrameKind.BeatReply), beat, HeartbeatReply.Parser, ct);

    /// <summary>True if the node has said that it takes heartbeats on lines.</summary>
    internal bool TakesBeats(NodeId node) => _versionOf(node) >= NodeProtocol.LineHeartbeats;

    /// <summary>Asks for the digests of shards, as <see cref="NodeProtocol.LineDigests"/> has it. Throws what
    /// the node says otherwise, Unavailable if it is not reached.</summary>
    internal Task<ShardDigestsAnswer> DigestsAsync(
        NodeId node, ShardDigestsRequest request, CancellationToken ct) => SayAsync(
            Find(node).ClusterAddress, (FrameKind.Digests, FrameKind.DigestsReply), request,
            ShardDigestsAnswer.Parser, ct);

    /// <summary>True if the node has said that it tells digests on lines.</summary>
    internal bool TellsDigests(NodeId node) => _versionOf(node) >= NodeProtocol.LineDigests;

    private async Task<T> SayAsync<T>(
        string address, (FrameKind Question, FrameKind Reply) kinds, IMessage message,
        MessageParser<T> parser, CancellationToken ct)
        where T : IMessage<T>
    {
        try
        {
            (QuestionLine line, Frame answer) = await AskAsync(address, kinds.Question, message, ct);
            T reply = Parse(line, answer, address, kinds.Reply, parser);
            GiveBack(address, line);
            return reply;
        }
        catch (Exception e) when (ErrorOf(e, address) is { } error)
        {
            throw error;
        }
    }

    /// <summary>True if one more thread may wait now: then it says when it does not any more.</summary>
    internal bool TryEnter() => _waiters.Wait(0);

    /// <summary>See <see cref="TryEnter"/>.</summary>
    internal void Leave() => _waiters.Release();

    /// <summary>What an answer to a question for a catalog says. Throws what the node says
    /// otherwise.</summary>
    internal LineReply ReadReply(QuestionLine line, Frame answer, string address)
    {
        CatalogReply reply = Parse(line, answer, address, FrameKind.Reply, CatalogReply.Parser);
        if (reply.RowsFollow) return new LineReply(reply, new LineRows(this, line, first: null, address));
        GiveBack(address, line);
        return new LineReply(reply, null);
    }

    // What the answer says; the line is the caller's to keep then, and not if it throws.
    private T Parse<T>(
        QuestionLine line, Frame answer, string address, FrameKind kind, MessageParser<T> parser)
        where T : IMessage<T>
    {
        using (answer)
        {
            if (answer.Kind == FrameKind.Failed)
            {
                GiveBack(address, line);
                throw answer.ToError(address);
            }

            try
            {
                return answer.Kind == kind
                    ? parser.ParseFrom(answer.Payload.Span) : throw answer.ToError(address);
            }
            catch
            {
                // More may follow that would pass for the next answer.
                line.Dispose();
                throw;
            }
        }
    }

    /// <summary>Keeps a line on which all was answered.</summary>
    internal void GiveBack(string address, QuestionLine line)
    {
        IdleLines idle = IdleTo(address);
        idle.GiveBack(line);
        if (_isDisposed) idle.Clear();
    }

    /// <summary>What went wrong with a connection as an error of ours; null for anything else.</summary>
    internal static TsDbException? ErrorOf(Exception e, string peer) => e switch
    {
        ObjectDisposedException => new TsDbException(ErrorKind.Closed, "this node is stopping", e),
        IOException or SocketException =>
            new TsDbException(ErrorKind.Unavailable, $"node at {peer} does not answer: {e.Message}", e),
        _ => null,
    };

    private bool MayWait => _waiters.CurrentCount > 0;

    private IdleLines IdleTo(string address) => _idle.GetOrAdd(address, _ => new IdleLines());

    // Null if the line was one to a process that is gone.
    private static async Task<Frame?> TryFinishAsync(QuestionLine line, CancellationToken ct)
    {
        try
        {
            return await line.ReceiveAsync(ct);
        }
        catch (IOException) when (line.WasUsed)
        {
            return null;
        }
    }

    private Task<LineReply> ByThreadAsync(string address, CatalogRequest request, CancellationToken ct) =>
        Task.Factory.StartNew(
            () =>
            {
                QuestionLine line =
                    new(ClusterDialer.Call(address, _preface(), ct), mayBlock: true, AnswerWithin);
                Frame answer;
                try
                {
                    using Frame question = Frame.Of(FrameKind.Catalog, request);
                    using (ct.Register(line.Dispose))
                    {
                        line.Send(question);
                        answer = line.Receive();
                    }
                }
                catch
                {
                    line.Dispose();
                    ct.ThrowIfCancellationRequested();
                    throw;
                }

                // Given up at the last moment: then the line may be closed.
                if (ct.IsCancellationRequested)
                {
                    answer.Dispose();
                    line.Dispose();
                    ct.ThrowIfCancellationRequested();
                }

                return ReadReply(line, answer, address);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    // A line that was kept may be one to a process that is gone: then the next is tried, at last a new one.
    private async Task<(QuestionLine Line, Frame Answer)> AskAsync(
        string address, FrameKind kind, IMessage message, CancellationToken ct)
    {
        using Frame question = Frame.Of(kind, message);
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            IdleLines idle = IdleTo(address);

            // What no query asks is awaited: it leaves queries the lines on which threads may wait.
            QuestionLine line =
                (kind is FrameKind.Beat or FrameKind.Digests ? idle.TakeAwaited() : idle.Take())
                ?? new QuestionLine(
                    await ClusterDialer.CallAsync(address, _preface(), ct), mayBlock: false, AnswerWithin);
            try
            {
                line.Send(question);
                return (line, await line.ReceiveAsync(ct));
            }
            catch (IOException) when (line.WasUsed)
            {
                line.Dispose();
            }
            catch
            {
                line.Dispose();
                throw;
            }
        }
    }

    private Member Find(NodeId node) =>
        _cluster.Current?.Members.FirstOrDefault(member => member.Id == node)
        ?? throw new TsDbException(ErrorKind.Unavailable, $"node {node} is not a member of the cluster");
}
