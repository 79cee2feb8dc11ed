using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;

namespace TsDb.Adapters.Peers;

/// <summary>
/// One message between two nodes: the length of the payload (int32, little-endian), its kind (a byte), the
/// payload. The bytes lie in an array that is rented: whoever has the frame gives it back.
/// </summary>
internal sealed class Frame : IDisposable
{
    /// <summary>Bytes in front of the payload.</summary>
    public const int HeadBytes = 5;

    private const int PayloadBytesMax = 64 << 20;

    private readonly int _length;
    private byte[]? _bytes;

    private Frame(FrameKind kind, int payloadBytes)
    {
        (Kind, _length) = (kind, HeadBytes + payloadBytes);
        _bytes = ArrayPool<byte>.Shared.Rent(_length);
        WriteHead(_bytes, kind, payloadBytes);
    }

    /// <summary>What it holds.</summary>
    public FrameKind Kind { get; }

    /// <summary>Head and payload.</summary>
    public Memory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>What is behind the head.</summary>
    public Memory<byte> Payload => Bytes[HeadBytes..];

    /// <summary>A message of protobuf as a frame.</summary>
    public static Frame Of(FrameKind kind, IMessage message)
    {
        Frame frame = new(kind, message.CalculateSize());
        message.WriteTo(frame.Payload.Span);
        return frame;
    }

    /// <summary>A frame whose payload is to be read. Throws <see cref="ErrorKind.Invalid"/> for what is no
    /// head.</summary>
    public static Frame Empty(ReadOnlySpan<byte> head)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(head);
        FrameKind kind = (FrameKind)head[sizeof(int)];
        return length is >= 0 and <= PayloadBytesMax && Enum.IsDefined(kind)
            ? new Frame(kind, length)
            : throw new TsDbException(
                ErrorKind.Invalid, $"a frame between nodes of kind {(byte)kind} and {length} bytes");
    }

    /// <summary>Writes a head.</summary>
    public static void WriteHead(Span<byte> head, FrameKind kind, int payloadBytes)
    {
        BinaryPrimitives.WriteInt32LittleEndian(head, payloadBytes);
        head[sizeof(int)] = (byte)kind;
    }

    /// <summary>An error as a frame.</summary>
    public static Frame Of(TsDbException error) => Of(FrameKind.Failed, new QuestionFailure
    {
        Kind = error.Kind.ToString(),
        Message = error.Message,
        RetryAfterMs = (long)(error.RetryAfter?.TotalMilliseconds ?? 0),
    });

    /// <summary>The error that a frame of <see cref="FrameKind.Failed"/> says; any other is one by
    /// itself.</summary>
    public TsDbException ToError(string peer)
    {
        if (Kind != FrameKind.Failed)
            return new TsDbException(ErrorKind.Invalid, $"node at {peer} sent {Kind} out of order");
        QuestionFailure failure = QuestionFailure.Parser.ParseFrom(Payload.Span);
        return new TsDbException(
            Enum.TryParse(failure.Kind, out ErrorKind kind) ? kind : ErrorKind.Unavailable, failure.Message)
        {
            RetryAfter = failure.RetryAfterMs is > 0 and < 3_600_000
                ? TimeSpan.FromMilliseconds(failure.RetryAfterMs) : null,
        };
    }

    /// <summary>The array, which belongs to the caller from now on.</summary>
    public byte[] TakeArray() => Interlocked.Exchange(ref _bytes, null)!;

    /// <summary>Gives the bytes back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
    }
}
