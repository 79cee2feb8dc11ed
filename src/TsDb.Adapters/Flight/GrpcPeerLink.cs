using System.Collections.Immutable;
using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Adapters.Peers;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Asks other cloud nodes by gRPC, at the addresses that the cluster's configuration gives. What each round
/// of repair asks goes on the lines of queries where both ends know how: the runtime compiles what is called
/// for the thirtieth time, which for all that gRPC needs every half a minute takes it a quarter of an hour.
/// </summary>
public sealed class GrpcPeerLink(IClusterState cluster, NodeChannels channels) : IPeerLink
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly NodeCaller _caller = new(cluster, channels);

    /// <summary>Lines to other members; null for gRPC only.</summary>
    public QuestionLines? Lines { get; init; }

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
    public async Task<ImmutableArray<ShardDigest>> ShardDigestsAsync(
        NodeId node, ImmutableArray<ShardId> shards, CancellationToken ct)
    {
        ShardDigestsRequest request = new() { Shards = { shards.Select(shard => shard.Value) } };
        if (Lines?.TellsDigests(node) == true
            && await TryOnLineAsync(Lines, node, request, ct) is { } answer) return Read(answer, shards);
        return await AskAsync(
            node,
            (client, id, options) =>
            {
                request.ClusterId = id;
                return client.ShardDigestsAsync(request, options);
            },
            answer => Read(answer, shards),
            ct);
    }

    // Null if nothing came of it: an older program may be there again, and errors are said by gRPC, too.
    private async Task<ShardDigestsAnswer?> TryOnLineAsync(
        QuestionLines lines, NodeId node, ShardDigestsRequest request, CancellationToken ct)
    {
        request.ClusterId = NodeMessages.Bytes(_caller.Find(node).Cluster.Value);
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timer.CancelAfter(Patience);
        try
        {
            return await lines.DigestsAsync(node, request, timer.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TsDbException(ErrorKind.Unavailable, $"node {node} did not answer in time", e);
        }
        catch (TsDbException)
        {
            return null;
        }
    }

    private static ImmutableArray<ShardDigest> Read(
        ShardDigestsAnswer answer, ImmutableArray<ShardId> shards) =>
            answer.Shards.Select(s => s.Shard).SequenceEqual(shards.Select(s => s.Value))
                ? [.. answer.Shards.Select(s => new ShardDigest(
                    new ShardId(s.Shard), NodeMessages.Digest(s.Digest), s.Recovering, new Epoch(s.Epoch)))]
                : throw NodeMessages.Wrong("other shards than asked");

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
