using Google.Protobuf;
using Grpc.Core;
using TsDb.Adapters.Flight.Protos;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Flight;

/// <summary>Asks other nodes for rows by Flight tickets.</summary>
public sealed class FlightClient(NodeChannels channels)
{
    /// <summary>
    /// The rows that the node at <paramref name="address"/> (host:port) answers to <paramref name="ticket"/>,
    /// open for as long as the result and <paramref name="ct"/> live. Throws the other node's error, or
    /// <see cref="Model.ErrorKind.Unavailable"/> when it cannot be reached.
    /// </summary>
    public async Task<ISqlResult> OpenAsync(string address, ReadOnlyMemory<byte> ticket, CancellationToken ct)
    {
        AsyncServerStreamingCall<FlightPiece> call =
            channels.To(address).CreateCallInvoker().AsyncServerStreamingCall(
                FlightPiece.DoGet, host: null, new CallOptions(cancellationToken: ct),
                new Ticket { Ticket_ = UnsafeByteOperations.UnsafeWrap(ticket) });
        return await FlightResult.OpenAsync(call.ResponseStream, call, address, takesRuns: false, ct);
    }
}
