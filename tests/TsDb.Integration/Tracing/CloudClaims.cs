using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Codec.Shipment;
using TsDb.Model;

namespace TsDb.Integration.Tracing;

/// <summary>
/// Finds what a cloud node said to have, in the bytes that it sent: to edges over MQTT, to other nodes over
/// gRPC. What its broker passes on for another node is that node's word and not in here.
/// </summary>
internal sealed class CloudClaims(NodeId self)
{
    private static ReadOnlySpan<byte> StoredPath => "/tsdb.node.v1.Node/Stored"u8;

    public IEnumerable<StoredClaim> In(IReadOnlyList<SystemCall> calls) =>
        TracedSocket.In(calls).SelectMany(socket =>
            socket.IsMqtt ? Answers(socket)
            : GrpcMessage.IsClient(socket.Sent) ? Notices(socket.Sent, message => message.First)
            : GrpcMessage.IsClient(socket.Received)
                ? Replies(socket.Received, socket.Sent, message => message.First)
            : []);

    /// <summary>What other nodes said to this one to have; the call is the one that received the last of
    /// it.</summary>
    public static IEnumerable<StoredClaim> Heard(IReadOnlyList<SystemCall> calls) =>
        TracedSocket.In(calls).SelectMany(socket =>
            GrpcMessage.IsClient(socket.Received) ? Notices(socket.Received, message => message.Last)
            : GrpcMessage.IsClient(socket.Sent)
                ? Replies(socket.Sent, socket.Received, message => message.Last)
            : []);

    private IEnumerable<StoredClaim> Answers(TracedSocket socket)
    {
        foreach (MqttPacket packet in MqttPacket.In(socket.Sent).Where(packet => packet.IsPublish))
        {
            if (!packet.Topic.Contains("/ack/", StringComparison.Ordinal)) continue;
            EdgeAnswers answers = ShipmentCodec.DecodeEdgeAnswers(packet.Payload);
            if (answers.Node != self) continue;
            foreach (EdgeAnswer answer in answers.Answers)
            {
                if (answer is EdgeAnswer.Durable durable)
                    yield return new StoredClaim("durable", durable.Hash, packet.First);
                if (answer is EdgeAnswer.Have have)
                    yield return new StoredClaim("have", have.Hash, packet.First);
            }
        }
    }

    private static IEnumerable<StoredClaim> Notices(
        TracedStream requests, Func<GrpcMessage, SystemCall> when) =>
        from message in GrpcMessage.In(requests)
        where IsStored(message)
        from noticed in StoredRequest.Parser.ParseFrom(message.Body).Leaves
        select new StoredClaim("stored", Hash(noticed.Leaf.Hash), when(message));

    private static IEnumerable<StoredClaim> Replies(
        TracedStream requests, TracedStream replies, Func<GrpcMessage, SystemCall> when)
    {
        Dictionary<int, GrpcMessage> asked =
            GrpcMessage.In(requests).Where(IsStored).ToDictionary(message => message.Stream);
        foreach (GrpcMessage reply in GrpcMessage.In(replies))
        {
            if (!asked.TryGetValue(reply.Stream, out GrpcMessage? request)) continue;
            StoredRequest notice = StoredRequest.Parser.ParseFrom(request.Body);
            StoredAnswer answer = StoredAnswer.Parser.ParseFrom(reply.Body);
            foreach ((StoredRequest.Types.Noticed noticed, uint has) in notice.Leaves.Zip(answer.Has))
            {
                if (has != 0)
                    yield return new StoredClaim("stored, too", Hash(noticed.Leaf.Hash), when(reply));
            }
        }
    }

    private static bool IsStored(GrpcMessage message) => message.Headers.AsSpan().IndexOf(StoredPath) >= 0;

    private static ContentHash Hash(ByteString bytes) => new(bytes.Span);
}
