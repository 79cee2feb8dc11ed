using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Flight;
using TsDb.Codec.Shipment;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;

namespace TsDb.Adapters.Mqtt.Fresh;

/// <summary>
/// Asks edges over the brokers: a question on the edge's topic, the parts of the reply on this node's. The
/// first complete reply counts.
/// </summary>
public sealed class MqttEdgeClient(
    IClusterState cluster, IEdgeLink link, ShipmentTopics topics, Func<Guid> newId, ILogger log) : IEdgeClient
{
    private readonly ConcurrentDictionary<Guid, EdgeReplyParts> _waiting = new();

    /// <inheritdoc/>
    public async Task<FreshAnswer> AskAsync(EdgeId edge, FreshQuestion question, CancellationToken ct)
    {
        ClusterConfiguration current = cluster.Current ?? throw new TsDbException(
            ErrorKind.Unavailable, "this node belongs to no cluster yet: ask again later");
        Guid id = newId();
        EdgeReplyParts parts = new(edge);
        _waiting[id] = parts;
        try
        {
            byte[] body = EdgeMessages.Encode(question, current.Id);
            await PublishAsync(
                current, edge, id, question.Limits.DurationMax, EdgeMessages.KindOf(question), body, ct);
            byte[] answer;
            try
            {
                answer = await parts.Whole.WaitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                // Nobody waits any more: the edge need not go on.
                await PublishAsync(current, edge, id, TimeSpan.Zero, 0, [], CancellationToken.None);
                throw;
            }

            return await EdgeMessages.DecodeAnswerAsync(answer, ct);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    /// <summary>Takes a message from a broker; false if it is no reply to this node.</summary>
    public bool Take(string topic, ReadOnlyMemory<byte> payload)
    {
        if (!topics.TryParse(topic, out ShipmentTopic parsed) || parsed.Kind != ShipmentTopicKind.Reply)
            return false;
        try
        {
            EdgeReply reply = ShipmentCodec.DecodeEdgeReply(payload.Span);

            // One that nobody waits for any more came too late, or twice.
            if (_waiting.TryGetValue(reply.QueryId, out EdgeReplyParts? parts)) parts.Add(reply);
        }
        catch (TsDbException e)
        {
            Log.ReplyIgnored(log, topic, e.Message);
        }

        return true;
    }

    private ValueTask PublishAsync(
        ClusterConfiguration current,
        EdgeId edge,
        Guid id,
        TimeSpan deadline,
        int kind,
        byte[] body,
        CancellationToken ct)
    {
        MessageHeader header = new(current.Id, current.Epoch);
        EdgeQuery query = new(header, cluster.Self, id, deadline, kind, body);
        return link.PublishAsync(topics.Query(edge), ShipmentCodec.Encode(query), ct);
    }
}
