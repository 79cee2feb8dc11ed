using System.Buffers.Binary;

namespace TsDb.Integration.Tracing;

/// <summary>A message of gRPC over plain HTTP/2 in a trace.</summary>
/// <param name="Stream">Number of the HTTP/2 stream: the same for request and answer.</param>
/// <param name="Headers">Bytes of the header frames before it.</param>
/// <param name="Body">The message.</param>
/// <param name="First">The call that moved its first byte.</param>
/// <param name="Last">The call that moved its last byte.</param>
internal sealed record GrpcMessage(
    int Stream, byte[] Headers, byte[] Body, SystemCall First, SystemCall Last)
{
    private const int FrameHeaderLength = 9;
    private const int MessageHeaderLength = 5;
    private const byte DataType = 0;
    private const byte HeadersType = 1;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Whether the client's side of HTTP/2 is in this stream.</summary>
    public static bool IsClient(TracedStream stream) => stream.StartsWith(Preface);

    /// <summary>
    /// The first message of every HTTP/2 stream in one direction: all there is of calls with one message.
    /// </summary>
    public static IEnumerable<GrpcMessage> In(TracedStream traced)
    {
        Dictionary<int, byte[]> headers = [];
        Dictionary<int, (byte[] Bytes, SystemCall First, SystemCall Last)> data = [];
        int at = IsClient(traced) ? Preface.Length : 0;
        while (at + FrameHeaderLength <= traced.Length)
        {
            byte[] head = traced.Slice(at, FrameHeaderLength);
            int length = (head[0] << 16) | (head[1] << 8) | head[2];
            int stream = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)) & int.MaxValue;
            int body = at + FrameHeaderLength;
            at = body + length;
            if (at > traced.Length) break;
            if (head[3] == HeadersType)
            {
                headers.TryAdd(stream, traced.Slice(body, length));
            }
            else if (head[3] == DataType)
            {
                (byte[] Bytes, SystemCall First, SystemCall Last) before = data.GetValueOrDefault(
                    stream, ([], traced.CallAt(body - FrameHeaderLength), null!));
                data[stream] = (
                    [.. before.Bytes, .. traced.Slice(body, length)], before.First, traced.CallAt(at - 1));
            }
        }

        foreach ((int stream, (byte[] all, SystemCall first, SystemCall last)) in
            data.OrderBy(one => one.Key))
        {
            if (all.Length < MessageHeaderLength) continue;
            int length = BinaryPrimitives.ReadInt32BigEndian(all.AsSpan(1));
            if (all[0] != 0 || all.Length < MessageHeaderLength + length) continue;
            byte[] message = all[MessageHeaderLength..(MessageHeaderLength + length)];
            yield return new GrpcMessage(
                stream, headers.GetValueOrDefault(stream) ?? [], message, first, last);
        }
    }
}
