using System.Net.Sockets;

namespace TsDb.Adapters.Peers;

/// <summary>A connection on which another node is asked one question after the other.</summary>
internal sealed class QuestionLine(NetworkStream stream) : IDisposable
{
    private readonly byte[] _head = new byte[Frame.HeadBytes];

    /// <summary>True if it has carried an answer before.</summary>
    public bool WasUsed { get; private set; }

    /// <summary>Sends a frame. Throws IOException.</summary>
    public ValueTask SendAsync(Frame frame, CancellationToken ct) => stream.WriteAsync(frame.Bytes, ct);

    /// <summary>The next frame, to be disposed. Throws IOException, and Invalid for bytes that are
    /// none.</summary>
    public async ValueTask<Frame> ReceiveAsync(CancellationToken ct)
    {
        await stream.ReadExactlyAsync(_head, ct);
        Frame frame = Frame.Empty(_head);
        try
        {
            await stream.ReadExactlyAsync(frame.Payload, ct);
        }
        catch
        {
            frame.Dispose();
            throw;
        }

        WasUsed = true;
        return frame;
    }

    /// <summary>Closes the connection, which tells the other node to stop.</summary>
    public void Dispose() => stream.Dispose();
}
