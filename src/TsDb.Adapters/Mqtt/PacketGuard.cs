using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace TsDb.Adapters.Mqtt;

/// <summary>
/// Watches the bytes of an MQTT connection before the broker sees them, because the broker has no limit of
/// its own: a connection whose first packet is not a CONNECT of reasonable size, or that announces a larger
/// packet than allowed, is aborted at the packet's header, before anything of it is buffered.
/// </summary>
/// <param name="packetBytesMax">The largest packet, header left out.</param>
public sealed class PacketGuard(int packetBytesMax)
{
    /// <summary>
    /// The largest CONNECT: nobody is known yet, and ids, names, passwords and wills are small.
    /// </summary>
    public const int ConnectBytesMax = 64 << 10;

    private const byte ConnectPacketType = 1;

    /// <summary>Wraps the rest of a connection's pipeline.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => async connection =>
    {
        IDuplexPipe outer = connection.Transport;
        Pipe inner = new(new PipeOptions(useSynchronizationContext: false));
        connection.Transport = new Duplex(inner.Reader, outer.Output);
        Task pump = PumpAsync(connection, outer.Input, inner.Writer);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = outer;
            await inner.Reader.CompleteAsync();
            outer.Input.CancelPendingRead();
            await pump;
        }
    };

    private async Task PumpAsync(ConnectionContext connection, PipeReader from, PipeWriter to)
    {
        PacketFrames frames = new(packetBytesMax);
        Exception? end = null;
        try
        {
            while (true)
            {
                ReadResult read = await from.ReadAsync();
                if (read.IsCanceled) break;
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    frames.Pass(part.Span);
                    to.Write(part.Span);
                }

                from.AdvanceTo(read.Buffer.End);
                FlushResult flushed = await to.FlushAsync();
                if (read.IsCompleted || flushed.IsCompleted) break;
            }
        }
        catch (Exception error) when (
            error is InvalidDataException or IOException or ConnectionAbortedException
            or ConnectionResetException or OperationCanceledException)
        {
            end = error;
            connection.Abort(new ConnectionAbortedException(error.Message));
        }

        await to.CompleteAsync(end);
    }

    /// <summary>Follows the packet boundaries in a stream of bytes.</summary>
    internal sealed class PacketFrames(int bytesMax)
    {
        private const int LengthBytesMax = 4;

        private long _bodyLeft;
        private int _lengthBytes = -1;
        private int _length;
        private bool _connected;

        /// <summary>
        /// Looks at the next bytes; throws <see cref="InvalidDataException"/> at a packet that is not
        /// allowed.
        /// </summary>
        public void Pass(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                if (_bodyLeft > 0)
                {
                    int body = (int)Math.Min(_bodyLeft, bytes.Length);
                    _bodyLeft -= body;
                    bytes = bytes[body..];
                    continue;
                }

                Header(bytes[0]);
                bytes = bytes[1..];
            }
        }

        private void Header(byte value)
        {
            if (_lengthBytes < 0)
            {
                if (!_connected && value >> 4 != ConnectPacketType)
                    throw new InvalidDataException("the first packet is not a CONNECT");
                (_lengthBytes, _length) = (0, 0);
                return;
            }

            if (_lengthBytes == LengthBytesMax)
                throw new InvalidDataException("a packet's length is malformed");
            _length |= (value & 0x7F) << (7 * _lengthBytes++);
            if ((value & 0x80) != 0) return;
            int allowed = _connected ? bytesMax : Math.Min(bytesMax, ConnectBytesMax);
            if (_length > allowed)
                throw new InvalidDataException(
                    $"a packet of {_length} bytes is larger than the {allowed} allowed");
            (_bodyLeft, _lengthBytes, _connected) = (_length, -1, true);
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
