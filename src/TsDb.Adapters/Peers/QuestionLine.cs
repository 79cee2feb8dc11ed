using System.Net.Sockets;

namespace TsDb.Adapters.Peers;

/// <summary>A connection on which another node is asked one question after the other.</summary>
internal sealed class QuestionLine : IDisposable
{
    private readonly NetworkStream _stream;
    private readonly FrameReader _reader;

    /// <summary>A line on a connection.</summary>
    /// <param name="stream">The connection, which is closed with the line.</param>
    /// <param name="mayBlock">True if no task has waited for it so far.</param>
    /// <param name="within">How long a thread waits to send a question, and for the rest of an answer that
    /// has begun.</param>
    public QuestionLine(NetworkStream stream, bool mayBlock, TimeSpan within)
    {
        (_stream, _reader, MayBlock) = (stream, new FrameReader(stream), mayBlock);
        stream.WriteTimeout = stream.ReadTimeout = (int)within.TotalMilliseconds;
    }

    /// <summary>True if it has carried an answer before.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>True if a thread may wait on it: not after a task did, for the runtime then asks the system
    /// several times for what one call did before.</summary>
    public bool MayBlock { get; private set; }

    /// <summary>Sends a frame. Throws IOException.</summary>
    public void Send(Frame frame) => _stream.Write(frame.Bytes.Span);

    /// <summary>Waits for a while on this thread; true if the next frame begins, or the connection has
    /// ended.</summary>
    public bool Wait(TimeSpan within) =>
        _reader.HasBytes || _stream.Socket.Poll(within, SelectMode.SelectRead);

    /// <summary>The next frame, to be disposed, by a thread that waits. Errors as
    /// <see cref="ReceiveAsync"/>.</summary>
    public Frame Receive()
    {
        try
        {
            Frame frame = _reader.TryRead() ?? throw new EndOfStreamException();
            WasUsed = true;
            return frame;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The next frame, to be disposed. Throws IOException, and Invalid for bytes that are none: then
    /// the line is closed.</summary>
    public async ValueTask<Frame> ReceiveAsync(CancellationToken ct)
    {
        MayBlock = false;
        try
        {
            Frame frame = await _reader.TryReadAsync(ct) ?? throw new EndOfStreamException();
            WasUsed = true;
            return frame;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Closes the connection, which tells the other node to stop.</summary>
    public void Dispose() => _stream.Dispose();
}
