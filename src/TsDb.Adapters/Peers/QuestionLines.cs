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
    // What is left over after a burst of questions.
    private const int IdleMax = 32;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly IClusterState _cluster;
    private readonly Func<NodeId, uint> _versionOf;
    private readonly Func<ClusterPreface> _preface;
    private readonly ConcurrentDictionary<string, ConcurrentStack<QuestionLine>> _idle =
        new(StringComparer.Ordinal);

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
        foreach (ConcurrentStack<QuestionLine> lines in _idle.Values) Clear(lines);
    }

    /// <summary>True if the node has said that it answers on such lines: older programs do not.</summary>
    internal bool Reach(NodeId node) => _versionOf(node) >= NodeProtocol.QuestionLines;

    /// <summary>Asks for a catalog. Throws what the node answers, and Unavailable if it is not reached in
    /// time.</summary>
    internal async Task<CatalogReply> CatalogAsync(
        NodeId node, CatalogRequest request, CancellationToken ct)
    {
        Member member = Find(node);
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timer.CancelAfter(AnswerWithin);
        try
        {
            (QuestionLine line, Frame answer) =
                await AskAsync(member.ClusterAddress, FrameKind.Catalog, request, timer.Token);
            using (answer)
            {
                // After anything else more may follow that would pass for the next answer.
                if (answer.Kind is FrameKind.Reply or FrameKind.Failed) GiveBack(member.ClusterAddress, line);
                else line.Dispose();
                return answer.Kind == FrameKind.Reply
                    ? CatalogReply.Parser.ParseFrom(answer.Payload.Span)
                    : throw answer.ToError(member.ClusterAddress);
            }
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"node {node} did not answer in time", e);
        }
        catch (Exception e) when (ErrorOf(e, member.ClusterAddress) is { } error)
        {
            throw error;
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

    /// <summary>Keeps a line on which all was answered.</summary>
    internal void GiveBack(string address, QuestionLine line)
    {
        ConcurrentStack<QuestionLine> idle = _idle.GetOrAdd(address, _ => []);
        if (idle.Count >= IdleMax) line.Dispose();
        else idle.Push(line);
        if (_isDisposed) Clear(idle);
    }

    /// <summary>What went wrong with a connection as an error of ours; null for anything else.</summary>
    internal static TsDbException? ErrorOf(Exception e, string peer) => e switch
    {
        ObjectDisposedException => new TsDbException(ErrorKind.Closed, "this node is stopping", e),
        IOException or SocketException =>
            new TsDbException(ErrorKind.Unavailable, $"node at {peer} does not answer: {e.Message}", e),
        _ => null,
    };

    // A line that was kept may be one to a process that is gone: then the next is tried, at last a new one.
    private async Task<(QuestionLine Line, Frame Answer)> AskAsync(
        string address, FrameKind kind, IMessage message, CancellationToken ct)
    {
        using Frame question = Frame.Of(kind, message);
        while (true)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            QuestionLine line = _idle.TryGetValue(address, out ConcurrentStack<QuestionLine>? idle)
                && idle.TryPop(out QuestionLine? kept)
                    ? kept : new QuestionLine(await ClusterDialer.CallAsync(address, _preface(), ct));
            try
            {
                await line.SendAsync(question, ct);
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

    private static void Clear(ConcurrentStack<QuestionLine> lines)
    {
        while (lines.TryPop(out QuestionLine? line)) line.Dispose();
    }
}
