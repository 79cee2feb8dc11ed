using System.Collections.Immutable;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Peers;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Asks members about their catalogs, and this node directly: what every query asks on lines,
/// the rest, and members of older programs, by gRPC.</summary>
public sealed class GrpcCatalogClient(
    IClusterState cluster, NodeChannels channels, QuestionLines lines, LocalQueries local) : ICatalogClient
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(30);

    private readonly NodeCaller _caller = new(cluster, channels);

    /// <inheritdoc/>
    public Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        if (node == cluster.Self) return local.Catalog.AskAsync(node, question, ct);
        if (lines.Reach(node)) return OnLineAsync(node, question, OnLine(node, question), ct);
        CatalogRequest request = QueryMessages.Request(question, _caller.Find(node).Cluster);
        return _caller.AskAsync(
            node,
            AskPatience,
            (channel, _, options) => new Protos.Query.QueryClient(channel).CatalogAsync(request, options),
            QueryMessages.Answer,
            ct);
    }

    /// <inheritdoc/>
    public ICatalogCall Ask(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        if (node == cluster.Self || !lines.Reach(node)) return new StartedCall(AskAsync(node, question, ct));
        CatalogRequest request = OnLine(node, question);
        return lines.TryAsk(node, request, ct) is { } waited
            ? new LineCall(waited, question) : new StartedCall(OnLineAsync(node, question, request, ct));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<Leaf>> LeavesAsync(
        NodeId node, ImmutableArray<Cell> cells, CancellationToken ct) =>
        node == cluster.Self
            ? local.Catalog.LeavesAsync(node, cells, ct)
            : _caller.AskAsync(
                node,
                AskPatience,
                (channel, id, options) => new Protos.Query.QueryClient(channel).CellLeavesAsync(
                    new CellLeavesRequest { ClusterId = id, Cells = { cells.Select(NodeMessages.Name) } },
                        options),
                reply => reply.Leaves.Select(NodeMessages.Leaf).ToImmutableArray(),
                ct);

    /// <inheritdoc/>
    public Task<CatalogVersion> FetchAsync(
        NodeId node, ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct) =>
        node == cluster.Self
            ? local.Catalog.FetchAsync(node, leaves, source, ct)
            : _caller.AskAsync(
                node,
                FetchPatience,
                (channel, id, options) => new Protos.Query.QueryClient(channel).FetchLeavesAsync(
                    new FetchLeavesRequest
                    {
                        ClusterId = id,
                        Leaves = { leaves.Select(NodeMessages.Name) },
                        Source = source.Value,
                    },
                    options),
                reply => QueryMessages.Moment(reply.Moment),
                ct);

    // On a line rows may follow the answer.
    private CatalogRequest OnLine(NodeId node, CatalogQuestion question)
    {
        CatalogRequest request = QueryMessages.Request(question, _caller.Find(node).Cluster);
        if (request.Fragment is { } fragment) request.RowsBehind = fragment.TextRuns = true;
        return request;
    }

    private async Task<CatalogAnswer> OnLineAsync(
        NodeId node, CatalogQuestion question, CatalogRequest request, CancellationToken ct) =>
            Answer(await lines.CatalogAsync(node, request, ct), question);

    private static CatalogAnswer Answer(LineReply reply, CatalogQuestion question)
    {
        CatalogAnswer answer = QueryMessages.Answer(reply.Reply);
        return reply.Rows is null
            ? answer
            : answer with { Behind = reply.Rows.Behind(question.Fragment?.Fragment.TextRuns == true) };
    }

    private sealed class LineCall(WaitedQuestion waited, CatalogQuestion question) : ICatalogCall
    {
        public void Wait() => waited.Wait();

        public async Task<CatalogAnswer> AnswerAsync() => Answer(await waited.AnswerAsync(), question);
    }
}
