using Grpc.Core;
using TsDb.Adapters.Hosting;

namespace TsDb.Adapters.Flight;

/// <summary>FlightData messages read as the Arrow IPC stream they were cut from.</summary>
internal sealed class FlightDataStream(IAsyncStreamReader<FlightPiece> messages) : ForwardStream
{
    private FlightPiece? _piece;
    private readonly byte[] _prefix = new byte[8];
    private ReadOnlyMemory<byte> _prefixRest;
    private ReadOnlyMemory<byte> _headerRest;
    private ReadOnlyMemory<byte> _bodyRest;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0) return 0;
        while (_prefixRest.Length + _headerRest.Length + _bodyRest.Length == 0)
        {
            if (!await messages.MoveNext(cancellationToken)) return 0;
            Accept(messages.Current);
        }

        int read = Take(ref _prefixRest, buffer);
        read += Take(ref _headerRest, buffer[read..]);
        read += Take(ref _bodyRest, buffer[read..]);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) =>
        throw new NotSupportedException("rows of another node are read asynchronously");

    private static int Take(ref ReadOnlyMemory<byte> rest, Memory<byte> buffer)
    {
        int count = Math.Min(rest.Length, buffer.Length);
        rest.Span[..count].CopyTo(buffer.Span);
        rest = rest[count..];
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        (_headerRest, _bodyRest) = (default, default);
        if (disposing) _piece?.Dispose();
        base.Dispose(disposing);
    }

    private void Accept(FlightPiece piece)
    {
        _piece?.Dispose();
        _piece = piece;

        // A message with only application metadata has no part in the IPC stream.
        if (piece.Header.Length == 0) return;
        IpcMessages.WritePrefix(_prefix, piece.Header.Length);
        _prefixRest = _prefix;
        _headerRest = piece.Header;
        _bodyRest = piece.Body;
    }
}
