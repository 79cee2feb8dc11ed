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
            : GrpcMessage.IsClient(socket.Sent) ? Notices(socket)
            : GrpcMessage.IsClient(socket.Received) ? Replies(socket)
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

    private static IEnumerable<StoredClaim> Notices(TracedSocket socket) =>
        from message in GrpcMessage.In(socket.Sent)
        where IsStored(message)
        from noticed in StoredRequest.Parser.ParseFrom(message.Body).Leaves
        select new StoredClaim("stored", Hash(noticed.Leaf.Hash), message.First);

    private static IEnumerable<StoredClaim> Replies(TracedSocket socket)
    {
        Dictionary<int, GrpcMessage> asked =
            GrpcMessage.In(socket.Received).Where(IsStored).ToDictionary(message => message.Stream);
        foreach (GrpcMessage reply in GrpcMessage.In(socket.Sent))
        {
            if (!asked.TryGetValue(reply.Stream, out GrpcMessage? request)) continue;
            StoredRequest notice = StoredRequest.Parser.ParseFrom(request.Body);
            StoredAnswer answer = StoredAnswer.Parser.ParseFrom(reply.Body);
            foreach ((StoredRequest.Types.Noticed noticed, uint has) in notice.Leaves.Zip(answer.Has))
            {
                if (has != 0)
                    yield return new StoredClaim("stored, too", Hash(noticed.Leaf.Hash), reply.First);
            }
        }
    }

    private static bool IsStored(GrpcMessage message) => message.Headers.AsSpan().IndexOf(StoredPath) >= 0;

    private static ContentHash Hash(ByteString bytes) => new(bytes.Span);
}
