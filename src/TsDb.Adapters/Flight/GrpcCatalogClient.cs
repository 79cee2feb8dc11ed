using System.Collections.Immutable;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Asks members about their catalogs by gRPC, and this node directly.</summary>
public sealed class GrpcCatalogClient(IClusterState cluster, NodeChannels channels, LocalQueries local)
    : ICatalogClient
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FetchPatience = TimeSpan.FromSeconds(30);

    private readonly NodeCaller _caller = new(cluster, channels);

    /// <inheritdoc/>
    public Task<CatalogAnswer> AskAsync(NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        if (node == cluster.Self) return local.Catalog.AskAsync(node, question, ct);
        CatalogRequest request = new()
        {
            Lists = { question.Lists }, ColumnsOnce = question.ColumnsOnce,
        };
        foreach (TableQuestion table in question.Tables)
        {
            CatalogRequest.Types.Question asked = new() { Database = table.Database, Table = table.Table };
            asked.Known.AddRange(table.Known.Select(k => new CatalogRequest.Types.Question.Types.Known
            {
                Table = QueryMessages.Ref(k.Table),
                Moment = QueryMessages.Moment(k.Version),
            }));
            request.Tables.Add(asked);
        }

        if (question.Fragment is { } fragment)
            request.Fragment = QueryMessages.Ticket(fragment, _caller.Find(node).Cluster);
        return _caller.AskAsync(
            node,
            AskPatience,
            (channel, id, options) =>
            {
                request.ClusterId = id;
                return new Protos.Query.QueryClient(channel).CatalogAsync(request, options);
            },
            QueryMessages.Answer,
            ct);
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
}
