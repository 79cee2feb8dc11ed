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
    private const int ItemsMax = 1 << 20;

    private readonly ICatalogClient _catalog = local.Catalog;

    /// <inheritdoc/>
    public override Task<CatalogReply> Catalog(CatalogRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () =>
        {
            Require(request.Tables.Count + request.Lists.Count);
            CatalogQuestion question = new(
                [.. request.Tables.Select(t => new TableQuestion(
                    t.Database,
                    t.Table,
                    [.. t.Known.Select(k => new KnownTable(
                        QueryMessages.Ref(k.Table), QueryMessages.Moment(k.Moment)))]))])
            {
                Lists = [.. request.Lists],
                ColumnsOnce = request.ColumnsOnce,
                Fragment = request.Fragment is null ? null : QueryMessages.Request(request.Fragment),
            };
            return QueryMessages.Reply(
                await _catalog.AskAsync(cluster.Self, question, context.CancellationToken));
        });

    /// <inheritdoc/>
    public override Task<CellLeavesReply> CellLeaves(CellLeavesRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () =>
        {
            Require(request.Cells.Count);
            IEnumerable<Leaf> leaves = await _catalog.LeavesAsync(
                cluster.Self, [.. request.Cells.Select(NodeMessages.Cell)], context.CancellationToken);
            return new CellLeavesReply { Leaves = { leaves.Select(NodeMessages.Name) } };
        });

    /// <inheritdoc/>
    public override Task<FetchLeavesReply> FetchLeaves(
        FetchLeavesRequest request, ServerCallContext context) =>
        guard.AnswerAsync(context, request.ClusterId, async () =>
        {
            Require(request.Leaves.Count);
            CatalogVersion version = await _catalog.FetchAsync(
                cluster.Self,
                [.. request.Leaves.Select(NodeMessages.Leaf)],
                new NodeId(request.Source),
                context.CancellationToken);
            return new FetchLeavesReply { Moment = QueryMessages.Moment(version) };
        });

    private static void Require(int count)
    {
        if (count > ItemsMax) throw NodeMessages.Wrong($"{count} items in one question");
    }
}
