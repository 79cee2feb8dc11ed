using System.Collections.Immutable;
using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Asks other cloud nodes by gRPC, at the addresses that the cluster's configuration gives.
/// </summary>
public sealed class GrpcPeerLink(IClusterState cluster, NodeChannels channels) : IPeerLink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NodeCaller _caller = new(cluster, channels);

    /// <inheritdoc/>
    public Task<StoredReply> StoredAsync(NodeId node, StoredNotice notice, CancellationToken ct)
    {
        StoredRequest request = new()
        {
            From = notice.From.Value,
            ClusterId = NodeMessages.Bytes(notice.Cluster.Value),
            Epoch = notice.Epoch.Value,
        };
        request.Leaves.AddRange(notice.Leaves.Select(
            l => new StoredRequest.Types.Noticed { Leaf = NodeMessages.Name(l.Leaf), Counts = l.Counts }));
        return AskAsync(
            node,
            (client, _, options) => client.StoredAsync(request, options),
            answer => answer.Has.Count == notice.Leaves.Length
                ? new StoredReply(new Epoch(answer.Epoch), [.. answer.Has.Select(NodeMessages.Held)])
                : throw NodeMessages.Wrong("an answer to a notice says one thing of each leaf"),
            ct);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct) => AskAsync(
            node,
            (client, id, options) => client.ShardDigestsAsync(
                new ShardDigestsRequest { ClusterId = id, Shards = { shards.Select(s => s.Value) } },
                    options),
            answer => answer.Shards.Select(s => s.Shard).SequenceEqual(shards.Select(s => s.Value))
                ? answer.Shards
                    .Select(s => new ShardDigest(
                        new ShardId(s.Shard), NodeMessages.Digest(s.Digest), s.Recovering,
                        new Epoch(s.Epoch)))
                    .ToImmutableArray()
                : throw NodeMessages.Wrong("other shards than asked"),
            ct);

    /// <inheritdoc/>
    public Task<ImmutableArray<DayDigest>> DayDigestsAsync(
        NodeId node, ShardId shard, CancellationToken ct) =>
        AskAsync(
            node,
            (client, id, options) => client.DayDigestsAsync(
                new DayDigestsRequest { ClusterId = id, Shard = shard.Value }, options),
            answer => answer.Days
                .Select(d => new DayDigest(
                    new TableId(d.Database, d.Table), new Day(d.Day), NodeMessages.Digest(d.Digest)))
                .ToImmutableArray(),
            ct);

    /// <inheritdoc/>
    public Task<ImmutableArray<ListedLeaf>> LeavesAsync(
        NodeId node, ShardId shard, TableId table, Day day, CancellationToken ct) => AskAsync(
            node,
            (client, id, options) => client.LeavesAsync(
                new LeavesRequest
                {
                    ClusterId = id,
                    Shard = shard.Value,
                    Database = table.Database,
                    Table = table.Table,
                    Day = day.Number,
                },
                options),
            answer => answer.Leaves
                .Select(l => l.BytesLength >= 0
                    ? new ListedLeaf(NodeMessages.Leaf(l.Leaf), l.BytesLength)
                    : throw NodeMessages.Wrong("a leaf has a size"))
                .ToImmutableArray(),
            ct);

    /// <inheritdoc/>
    public Task<FilePiece> FetchAsync(
        NodeId node, Leaf leaf, long offset, int bytesMax, CancellationToken ct) => AskAsync(
            node,
            (client, id, options) => client.FetchAsync(
                new FetchRequest
                {
                    ClusterId = id,
                    Leaf = NodeMessages.Name(leaf),
                    Offset = offset,
                    BytesMax = bytesMax,
                },
                options),
            answer => answer.Data.Length <= bytesMax
                ? new FilePiece(answer.Data.Memory, NodeMessages.Run(answer.Run))
                : throw NodeMessages.Wrong("more bytes than asked"),
            ct);

    /// <summary>What the node knows of who has applied which erasures; errors as for any question.</summary>
    public Task<ErasureWord> ErasuresAsync(NodeId node, CancellationToken ct) => AskAsync(
        node,
        (client, id, options) => client.ErasuresAsync(new ErasuresRequest { ClusterId = id }, options),
        answer => new ErasureWord(
            answer.Number,
            answer.FilesLeft,
            answer.Edges.DistinctBy(edge => edge.Edge_).ToImmutableSortedDictionary(
                edge => new EdgeId(edge.Edge_),
                edge => new EdgeErasureWord(edge.Number, edge.HasFilesLeft ? edge.FilesLeft : null))),
        ct);

    private Task<TResult> AskAsync<TAnswer, TResult>(
        NodeId node,
        Func<Protos.Node.NodeClient, ByteString, CallOptions, AsyncUnaryCall<TAnswer>> call,
        Func<TAnswer, TResult> read,
        CancellationToken ct) => _caller.AskAsync(
            node,
            Patience,
            (channel, id, options) => call(new Protos.Node.NodeClient(channel), id, options),
            read,
            ct);
}
