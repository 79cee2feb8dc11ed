using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Replication.Ports;
using TsDb.Replication.Repair;
using TsDb.Replication.Serving;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Answers the other cloud nodes: heartbeats and questions about leaves.
/// </summary>
internal sealed class NodeEndpoint(
    PeerDesk desk,
    ErasureDesk erasures,
    IClusterState cluster,
    HeartbeatDesk heartbeats,
    DigestDesk digests,
    NodeGuard guard)
    : Protos.Node.NodeBase
{
    private const int FetchBytesMax = 4 << 20;

    /// <inheritdoc/>
    public override Task<HeartbeatReply> Heartbeat(HeartbeatRequest request, ServerCallContext context) =>
        Answer(
            context, request.ClusterId, () => ValueTask.FromResult(heartbeats.Answer(request)));

    /// <inheritdoc/>
    public override Task<StoredAnswer> Stored(StoredRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, async () =>
        {
            if (request.Leaves.Count > StoredNotice.LeavesMax)
                throw NodeMessages.Wrong($"a notice has at most {StoredNotice.LeavesMax} leaves");
            StoredNotice notice = new(
                new NodeId(request.From),
                new ClusterId(NodeMessages.Id(request.ClusterId, "a cluster id")),
                new Epoch(request.Epoch),
                [.. request.Leaves.Select(n => new NoticedLeaf(NodeMessages.Leaf(n.Leaf), n.Counts))]);
            StoredReply reply = await desk.StoredAsync(notice, context.CancellationToken);
            return new StoredAnswer { Epoch = reply.Epoch.Value, Has = { reply.Has.Select(h => (uint)h) } };
        });

    /// <inheritdoc/>
    public override Task<ShardDigestsAnswer> ShardDigests(
        ShardDigestsRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, () => ValueTask.FromResult(digests.Answer(request)));

    /// <inheritdoc/>
    public override Task<DayDigestsAnswer> DayDigests(DayDigestsRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, () => ValueTask.FromResult(new DayDigestsAnswer
        {
            Days =
            {
                desk.DayDigests(Shard(request.Shard)).Select(d => new DayDigestsAnswer.Types.One
                {
                    Database = d.Table.Database,
                    Table = d.Table.Table,
                    Day = d.Day.Number,
                    Digest = NodeMessages.Name(d.Digest),
                }),
            },
        }));

    /// <inheritdoc/>
    public override Task<LeavesAnswer> Leaves(LeavesRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, () => ValueTask.FromResult(new LeavesAnswer
        {
            Leaves =
            {
                desk.Leaves(
                    Shard(request.Shard), new TableId(request.Database, request.Table), new Day(request.Day))
                    .Select(l => new LeavesAnswer.Types.One
                    {
                        Leaf = NodeMessages.Name(l.Leaf),
                        BytesLength = l.BytesLength,
                    }),
            },
        }));

    /// <inheritdoc/>
    public override Task<FetchAnswer> Fetch(FetchRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, async () =>
        {
            if (request.Offset < 0
                || request.BytesMax <= 0) throw NodeMessages.Wrong("a fetch has a place and a size");
            Leaf leaf = NodeMessages.Leaf(request.Leaf);
            int bytesMax = Math.Min(request.BytesMax, FetchBytesMax);

            // The desk blocks on the disk; the request thread must not.
            FilePiece piece = await Task.Run(
                () => desk.Fetch(leaf, request.Offset, bytesMax), context.CancellationToken);
            return new FetchAnswer
            {
                Data = UnsafeByteOperations.UnsafeWrap(piece.Bytes),
                Run = piece.Run is null ? null : NodeMessages.Name(piece.Run),
            };
        });

    /// <inheritdoc/>
    public override Task<ErasuresAnswer> Erasures(ErasuresRequest request, ServerCallContext context) =>
        Answer(context, request.ClusterId, () =>
        {
            ErasureWord word = erasures.Word;
            return ValueTask.FromResult(new ErasuresAnswer
            {
                Number = word.Number,
                FilesLeft = word.FilesLeft,
                Edges =
                {
                    word.Edges.Select(edge => NodeMessages.Name(edge.Key, edge.Value)),
                },
            });
        });

    private ShardId Shard(int number) => NodeMessages.Shard(number, cluster);

    private Task<T> Answer<T>(ServerCallContext context, ByteString clusterId, Func<ValueTask<T>> answer) =>
        guard.AnswerAsync(context, clusterId, answer);
}
