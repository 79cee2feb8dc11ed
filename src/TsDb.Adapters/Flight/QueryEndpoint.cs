using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Answers coordinators' questions about this node's catalog.</summary>
internal sealed class QueryEndpoint(LocalQueries local, IClusterState cluster, NodeGuard guard)
    : Protos.Query.QueryBase
{
    private readonly ICatalogClient _catalog = local.Catalog;

    /// <inheritdoc/>
    public override Task<CatalogReply> Catalog(CatalogRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () => QueryMessages.Reply(
            await _catalog.AskAsync(
                cluster.Self, QueryMessages.Question(request), context.CancellationToken),
            request));

    /// <inheritdoc/>
    public override Task<CellLeavesReply> CellLeaves(CellLeavesRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () =>
        {
            QueryMessages.RequireFew(request.Cells.Count);
            IEnumerable<Leaf> leaves = await _catalog.LeavesAsync(
                cluster.Self, [.. request.Cells.Select(NodeMessages.Cell)], context.CancellationToken);
            return new CellLeavesReply { Leaves = { leaves.Select(NodeMessages.Name) } };
        });

    /// <inheritdoc/>
    public override Task<FetchLeavesReply> FetchLeaves(
        FetchLeavesRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () =>
        {
            QueryMessages.RequireFew(request.Leaves.Count);
            CatalogVersion version = await _catalog.FetchAsync(
                cluster.Self,
                [.. request.Leaves.Select(NodeMessages.Leaf)],
                new NodeId(request.Source),
                context.CancellationToken);
            return new FetchLeavesReply { Moment = QueryMessages.Moment(version) };
        });
}
