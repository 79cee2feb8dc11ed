using Google.Protobuf;
using TsDb.Adapters.Flight.Protos;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Flight;

/// <summary>
/// Flight tickets of fragments: a magic with the version, then the protobuf message. Version 1 knew no
/// erasures: whoever knows only that must not answer.
/// </summary>
internal static class FragmentTickets
{
    private static readonly byte[] Magic = "TSDBFRG\u0002"u8.ToArray();

    public static byte[] Encode(FragmentRequest request, ClusterId cluster)
    {
        FragmentTicket ticket = QueryMessages.Ticket(request, cluster);
        byte[] bytes = new byte[Magic.Length + ticket.CalculateSize()];
        Magic.CopyTo(bytes, 0);
        ticket.WriteTo(bytes.AsSpan(Magic.Length));
        return bytes;
    }

    /// <summary>Null if the ticket is of another kind. Throws Invalid if it is ours and wrong.</summary>
    public static FragmentTicket? Decode(ReadOnlyMemory<byte> ticket)
    {
        if (!ticket.Span.StartsWith(Magic)) return null;
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
