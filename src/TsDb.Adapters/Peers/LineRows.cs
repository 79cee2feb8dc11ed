using System.Buffers.Binary;
using Grpc.Core;
using TsDb.Adapters.Flight;
using TsDb.Model;

namespace TsDb.Adapters.Peers;

/// <summary>The messages of rows on a line, from the first on. Whoever stops before their end closes the
/// line.</summary>
internal sealed class LineRows(QuestionLines lines, QuestionLine line, Frame first, string peer)
    : IAsyncStreamReader<FlightPiece>, IDisposable
{
    private Frame? _next = first;
    private bool _isOver;

    /// <inheritdoc/>
    public FlightPiece Current { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_isOver) return false;
        try
        {
            using Frame frame = _next ?? await line.ReceiveAsync(cancellationToken);
            _next = null;
            if (frame.Kind == FrameKind.Rows)
            {
                Current = PieceOf(frame);
                return true;
            }

            _isOver = true;
            if (frame.Kind is FrameKind.End or FrameKind.Failed) lines.GiveBack(peer, line);
            else line.Dispose();
            return frame.Kind == FrameKind.End ? false : throw frame.ToError(peer);
        }
        catch (Exception e) when (QuestionLines.ErrorOf(e, peer) is { } error)
        {
            throw error;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _next?.Dispose();
        if (!_isOver) line.Dispose();
        _isOver = true;
    }

    private static FlightPiece PieceOf(Frame frame)
    {
        int payload = frame.Payload.Length;
        int header = payload < sizeof(int)
            ? -1 : BinaryPrimitives.ReadInt32LittleEndian(frame.Payload.Span);
        if (header < 0 || header > payload - sizeof(int))
            throw new TsDbException(ErrorKind.Invalid, "rows of another node are cut short");
        int start = Frame.HeadBytes + sizeof(int);
        byte[] bytes = frame.TakeArray();
        return FlightPiece.Of(
            bytes,
            bytes.AsMemory(start, header),
            bytes.AsMemory(start + header, payload - sizeof(int) - header));
    }
}
