using System.Buffers;
using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;

namespace TsDb.Adapters.Flight;

/// <summary>
/// A FlightData message as it was received: its bytes lie in an array that is rented, so that rows of
/// megabytes leave nothing for the garbage collector.
/// </summary>
internal sealed class FlightPiece : IDisposable
{
    private const int WireLength = 2;
    private const int WireTypeBits = 3;
    private const int VarintBits = 7;

    private byte[]? _bytes;

    private FlightPiece(byte[] bytes) => _bytes = bytes;

    /// <summary>DoGet, answered in such pieces.</summary>
    public static Method<Ticket, FlightPiece> DoGet { get; } = new(
        MethodType.ServerStreaming,
        FlightService.Descriptor.FullName,
        nameof(DoGet),
        Marshallers.Create(ticket => ticket.ToByteArray(), bytes => Ticket.Parser.ParseFrom(bytes)),
        new Marshaller<FlightPiece>(
            (_, _) => throw new NotSupportedException("pieces are only received"), Read));

    /// <summary>The header of an Arrow message; empty if the piece has no part in the stream.</summary>
    public ReadOnlyMemory<byte> Header { get; private set; }

    /// <summary>The body of an Arrow message.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Gives the bytes back: nobody may hold them any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes) ArrayPool<byte>.Shared.Return(bytes);
        (Header, Body) = (default, default);
    }

    /// <summary>The piece in a message's bytes. Throws <see cref="InvalidDataException"/> if they are none.
    /// </summary>
    public static FlightPiece Read(ReadOnlySequence<byte> message)
    {
        int length = checked((int)message.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        FlightPiece piece = new(bytes);
        try
        {
            message.CopyTo(bytes);
            piece.Find(bytes.AsMemory(0, length));
            return piece;
        }
        catch
        {
            piece.Dispose();
            throw;
        }
    }

    /// <summary>The piece in an array that it gives back to the pool.</summary>
    public static FlightPiece Of(byte[] bytes, ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body) =>
        new(bytes) { Header = header, Body = body };

    private static FlightPiece Read(DeserializationContext context) =>
        Read(context.PayloadAsReadOnlySequence());

    // All fields of FlightData are messages or bytes: a length stands in front of each.
    private void Find(ReadOnlyMemory<byte> message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong tag = Varint(message.Span, ref at);
            if ((tag & ((1 << WireTypeBits) - 1)) != WireLength) throw Wrong();
            ulong length = Varint(message.Span, ref at);
            if (length > (ulong)(message.Length - at)) throw Wrong();
            ReadOnlyMemory<byte> field = message.Slice(at, (int)length);
            at += (int)length;
            switch (tag >> WireTypeBits)
            {
                case FlightData.DataHeaderFieldNumber: Header = field; break;
                case FlightData.DataBodyFieldNumber: Body = field; break;
                default: break;
            }
        }
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += VarintBits)
        {
            if (at == bytes.Length) throw Wrong();
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Wrong();
    }

    private static InvalidDataException Wrong() => new("another node's rows are not what Flight sends");
}
