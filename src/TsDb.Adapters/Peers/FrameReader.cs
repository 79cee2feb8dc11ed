using System.Net.Sockets;

namespace TsDb.Adapters.Peers;

/// <summary>Takes frames off a connection with as few calls and wakes as they need: a small one is mostly
/// there with its head, and for a large one the system calls no task back before much of it is
/// there.</summary>
internal sealed class FrameReader(NetworkStream stream)
{
    // Questions, and answers to dashboards' questions, are shorter.
    private const int BufferBytes = 8 << 10;

    // Of what is longer the rest is waited for in such pieces: the system wakes whoever waits for the first
    // byte for each segment of TCP anew.
    private const int PieceBytes = 32 << 10;
    private const int PieceBytesMax = 256 << 10;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private int _lowWater = 1;

    /// <summary>True if bytes of the next frame are here already.</summary>
    public bool HasBytes => _start < _end;

    /// <summary>The next frame, to be disposed, by a thread that waits; null if the connection ended before
    /// it began. Throws IOException, and Invalid for bytes that are none.</summary>
    public Frame? TryRead()
    {
        if (!HasHead)
        {
            int most = stream.ReadAtLeast(Room().Span, HeadBytesLacking, throwOnEndOfStream: false);
            if (!Took(most)) return null;
        }

        Frame frame = Begin(out Memory<byte> rest);
        try
        {
            while (rest.Length > 0) rest = rest[Some(stream.Read(rest.Span))..];
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>The same without a thread.</summary>
    public async ValueTask<Frame?> TryReadAsync(CancellationToken ct)
    {
        if (!HasHead)
        {
            int most = await stream.ReadAtLeastAsync(
                Room(), HeadBytesLacking, throwOnEndOfStream: false, ct);
            if (!Took(most)) return null;
        }

        Frame frame = Begin(out Memory<byte> rest);
        try
        {
            while (rest.Length > 0)
            {
                WaitFor(rest.Length);
                rest = rest[Some(await stream.ReadAsync(rest, ct))..];
            }

            WaitFor(1);
            return frame;
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    private bool HasHead => _end - _start >= Frame.HeadBytes;

    private int HeadBytesLacking => Frame.HeadBytes - (_end - _start);

    private Memory<byte> Room()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        return _buffer.AsMemory(_end);
    }

    // False at the end of the connection, where it may end.
    private bool Took(int bytes)
    {
        _end += bytes;
        return HasHead || (_end == 0 ? false : throw new EndOfStreamException());
    }

    private static int Some(int bytes) => bytes > 0 ? bytes : throw new EndOfStreamException();

    // A frame and what of it is not here yet.
    private Frame Begin(out Memory<byte> rest)
    {
        Frame frame = Frame.Empty(_buffer.AsSpan(_start));
        _start += Frame.HeadBytes;
        int here = Math.Min(frame.Payload.Length, _end - _start);
        _buffer.AsMemory(_start, here).CopyTo(frame.Payload);
        _start += here;
        rest = frame.Payload[here..];
        return frame;
    }

    // Never more than is to come, or nobody would be called for it; and only for tasks: a call that waits
    // takes what there is, and then waits for as much again.
    private void WaitFor(int bytes)
    {
        int lowWater = bytes < PieceBytes ? 1 : Math.Min(bytes, PieceBytesMax);
        if (lowWater == _lowWater || !OperatingSystem.IsLinux()) return;
        stream.Socket.SetSocketOption(
            SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, lowWater);
        _lowWater = lowWater;
    }
}
