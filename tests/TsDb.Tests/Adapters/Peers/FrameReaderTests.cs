using System.Net;
using System.Net.Sockets;
using TsDb.Adapters.Peers;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Peers;

/// <summary>Frames that come over a real connection in pieces of any size.</summary>
public sealed class FrameReaderTests : IDisposable
{
    // Shorter than a reader's buffer, about as long, and longer than what it has the system wait for.
    private static readonly int[] Sizes =
        [0, 1, 4, 100, 8_180, 8_187, 8_192, 8_193, 40_000, 700_000, 3, 0, 300_000];
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly NetworkStream _sender;
    private readonly NetworkStream _receiver;

    public FrameReaderTests()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        TcpClient client = new() { NoDelay = true };
        client.Connect((IPEndPoint)listener.LocalEndpoint);
        _sender = client.GetStream();
        _receiver = new NetworkStream(listener.AcceptSocket(), ownsSocket: true)
        {
            ReadTimeout = Timeout.Infinite,
        };
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(7, true)]
    [InlineData(4_099, false)]
    [InlineData(1 << 20, true)]
    [InlineData(1 << 20, false)]
    public async Task Frames_arrive_whole_however_their_bytes_do(int piece, bool isWaitedFor)
    {
        int[] sizes = piece < 1_000 ? [.. Sizes.Where(size => size < 5_000)] : Sizes;
        Task sending = Task.Run(() => Send([.. sizes.SelectMany(FrameBytes)], piece), Ct);
        FrameReader reader = new(_receiver);
        foreach (int size in sizes)
        {
            using Frame frame = (await ReadAsync(reader, isWaitedFor))!;
            Assert.Equal(FrameKind.Rows, frame.Kind);
            Assert.Equal(FrameBytes(size)[Frame.HeadBytes..], frame.Payload.ToArray());
        }

        await sending;
        _sender.Dispose();
        Assert.Null(await ReadAsync(reader, isWaitedFor));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(3, false)]
    [InlineData(6, false)]
    [InlineData(20_000, true)]
    [InlineData(290_000, true)]
    [InlineData(299_999, false)]
    public async Task A_connection_that_ends_within_a_frame_is_an_error(int sent, bool isWaitedFor)
    {
        FrameReader reader = new(_receiver);
        Task sending = Task.Run(
            () =>
            {
                Send(FrameBytes(300_000)[..sent], 1 << 20);
                _sender.Dispose();
            },
            Ct);
        await Assert.ThrowsAsync<EndOfStreamException>(() => ReadAsync(reader, isWaitedFor));
        await sending;
    }

    [Fact]
    public async Task A_small_frame_is_there_after_a_large_one()
    {
        FrameReader reader = new(_receiver);
        Task sending = Task.Run(() => Send(FrameBytes(500_000), 1 << 20), Ct);
        (await reader.TryReadAsync(Ct))!.Dispose();
        await sending;
        ValueTask<Frame?> next = reader.TryReadAsync(Ct);
        Send(FrameBytes(2), 1);
        using Frame small = (await next.AsTask().WaitAsync(Soon, TimeProvider.System, Ct))!;
        Assert.Equal(2, small.Payload.Length);
        Assert.False(reader.HasBytes);
    }

    [Fact]
    public void Bytes_that_are_no_frame_are_refused()
    {
        Send([255, 255, 255, 127, 1], 5);
        Assert.Equal(
            ErrorKind.Invalid, Assert.Throws<TsDbException>(() => new FrameReader(_receiver).TryRead()).Kind);
    }

    // By a thread that waits, or without one; never for long.
    private static async Task<Frame?> ReadAsync(FrameReader reader, bool isWaitedFor) =>
        await (isWaitedFor ? Task.Run(reader.TryRead, Ct) : reader.TryReadAsync(Ct).AsTask())
            .WaitAsync(Soon, TimeProvider.System, Ct);

    private void Send(byte[] bytes, int piece)
    {
        for (int sent = 0; sent < bytes.Length; sent += piece)
            _sender.Write(bytes.AsSpan(sent, Math.Min(piece, bytes.Length - sent)));
    }

    private static byte[] FrameBytes(int payload)
    {
        byte[] bytes = new byte[Frame.HeadBytes + payload];
        Frame.WriteHead(bytes, FrameKind.Rows, payload);
        for (int i = 0; i < payload; i++) bytes[Frame.HeadBytes + i] = (byte)(i * 31 + payload);
        return bytes;
    }
}
