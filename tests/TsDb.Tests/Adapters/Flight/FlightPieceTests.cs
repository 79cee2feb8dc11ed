using System.Buffers;
using CsCheck;
using Google.Protobuf;
using TsDb.Adapters.Flight;
using TsDb.Adapters.Flight.Protos;

namespace TsDb.Tests.Adapters.Flight;

public sealed class FlightPieceTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Byte.Array[0, 300];

    [Fact]
    public void A_piece_has_what_the_message_has() =>
        Gen.Select(Bytes, Bytes, Bytes, Gen.Bool).Sample((header, body, metadata, isDescribed) =>
        {
            FlightData data = new()
            {
                FlightDescriptor = isDescribed ? new FlightDescriptor { Path = { "a", "b" } } : null,
                DataHeader = ByteString.CopyFrom(header),
                AppMetadata = ByteString.CopyFrom(metadata),
                DataBody = ByteString.CopyFrom(body),
            };
            using FlightPiece piece = FlightPiece.Read(new ReadOnlySequence<byte>(data.ToByteArray()));
            Assert.Equal(header, piece.Header.ToArray());
            Assert.Equal(body, piece.Body.ToArray());
        });

    [Fact]
    public void Any_bytes_are_a_piece_or_refused() => Bytes.Sample(bytes =>
    {
        try
        {
            using FlightPiece piece = FlightPiece.Read(new ReadOnlySequence<byte>(bytes));
            Assert.True(piece.Header.Length + piece.Body.Length <= bytes.Length);
        }
        catch (InvalidDataException)
        {
            // Refused.
        }
    });
}
