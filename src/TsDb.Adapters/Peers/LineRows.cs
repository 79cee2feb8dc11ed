using System.Buffers.Binary;
using Grpc.Core;
using TsDb.Adapters.Flight;
using TsDb.Model;
using TsDb.Query.Direct;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Peers;

/// <summary>The messages of rows on a line. Whoever stops before their end closes the line.</summary>
/// <param name="lines">Whose line it is.</param>
/// <param name="line">The line.</param>
/// <param name="first">The first message; null if it is to be waited for.</param>
/// <param name="peer">Where the line leads.</param>
internal sealed class LineRows(QuestionLines lines, QuestionLine line, Frame? first, string peer)
    : IAsyncStreamReader<FlightPiece>, IDisposable
{
    // More is work, beside which being called back counts for little; and whoever waits for one node does not
    // read what another sends, which gives up at some time.
    private const int WaitsMax = 16;

    private Frame? _next = first;
    private bool _hasBegun = first is not null;
    private int _waits;
    private bool _isOver;

    /// <summary>True if nothing came before the connection was lost that had carried answers before: another
    /// is worth a try.</summary>
    public bool WasLost { get; private set; }

    /// <summary>The rows for whoever does not know yet whether they are wanted.</summary>
    /// <param name="takesRuns">True if texts may stay <see cref="TextRuns"/>.</param>
    public RowsBehind Behind(bool takesRuns) =>
        new(async ct => await FlightResult.OpenAsync(this, this, peer, takesRuns, ct), this);

    /// <inheritdoc/>
    public FlightPiece Current { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_isOver) return false;
        try
        {
            using Frame frame = _next ?? TryReceive() ?? await line.ReceiveAsync(cancellationToken);
            (_next, _hasBegun) = (null, true);
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
            WasLost = e is IOException && !_hasBegun && line.WasUsed;
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

    // By this thread, if it may wait and the frame is there soon.
    private Frame? TryReceive()
    {
        if (!line.MayBlock || _waits >= WaitsMax || !lines.TryEnter()) return null;
        _waits++;
        try
        {
            return line.Wait(lines.WaitMax) ? line.Receive() : null;
        }
        finally
        {
            lines.Leave();
        }
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
