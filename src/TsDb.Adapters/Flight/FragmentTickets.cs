using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Flight tickets of fragments: a magic with the version, then the protobuf message. Version 1 knew no
/// erasures: whoever knows only that must not answer.
/// </summary>
internal static class FragmentTickets
{
    private const byte Version = 2;

    private static readonly byte[] Magic = [.. "TSDBFRG"u8, Version];

    /// <summary>The bytes of a ticket.</summary>
    public static byte[] Encode(FragmentTicket ticket)
    {
        byte[] bytes = new byte[Magic.Length + ticket.CalculateSize()];
        Magic.CopyTo(bytes, 0);
        ticket.WriteTo(bytes.AsSpan(Magic.Length));
        return bytes;
    }

    /// <summary>
    /// Null if the ticket is of another kind. Throws Invalid if it is ours and wrong, or of another version.
    /// </summary>
    public static FragmentTicket? Decode(ReadOnlyMemory<byte> ticket)
    {
        if (ticket.Length < Magic.Length || !ticket.Span.StartsWith(Magic.AsSpan(..^1))) return null;
        FormatVersion.Require("a fragment's ticket", ticket.Span[Magic.Length - 1], Version, Version);
        try
        {
            return FragmentTicket.Parser.ParseFrom(ticket.Span[Magic.Length..]);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new TsDbException(ErrorKind.Invalid, $"a fragment's ticket cannot be read: {e.Message}", e);
        }
    }
}
