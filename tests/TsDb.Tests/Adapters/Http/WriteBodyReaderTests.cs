using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using TsDb.Adapters.Http.Write;
using TsDb.Model;

namespace TsDb.Tests.Adapters.Http;

/// <summary>
/// Packed bodies: whole ones however they are cut up, and nothing of one that is not whole.
/// </summary>
public sealed class WriteBodyReaderTests
{
    private const int BytesMax = 100_000;

    private static readonly byte[] Lines = Encoding.UTF8.GetBytes(
        string.Concat(
            Enumerable.Range(0, 200).Select(i => $"m,t=a{i % 7} f={i * 37 % 101}.5,s=\"ä\" {i}\n")));

    [Fact]
    public async Task A_body_cut_off_anywhere_is_refused()
    {
        byte[] packed = Pack(Lines, CompressionLevel.Optimal);
        for (int length = 1; length < packed.Length; length++)
            await RefusedAsync(packed[..length]);
        byte[] stored = Pack(Lines.AsSpan(0, 3_000), CompressionLevel.NoCompression);
        for (int length = 1; length < stored.Length; length += 7) await RefusedAsync(stored[..length]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public async Task Several_members_are_one_body_however_they_come(int bytesPerRead)
    {
        byte[] packed =
        [
            .. Pack(Lines, CompressionLevel.Optimal),
            .. Pack([], CompressionLevel.Optimal),
            .. Pack(Lines.AsSpan(0, 500), CompressionLevel.NoCompression),
            .. Pack(Lines, CompressionLevel.Fastest),
        ];
        byte[] expected = [.. Lines, .. Lines[..500], .. Lines];
        Assert.Equal(expected, await ReadAsync(packed, bytesPerRead));
    }

    [Fact]
    public async Task What_follows_the_last_member_and_changed_bytes_are_refused()
    {
        byte[] packed = Pack(Lines, CompressionLevel.Optimal);
        foreach (byte[] tail in new byte[][] { [0], [0, 0, 0, 0], [0x1F], [0x1F, 0x8B], [.. "more"u8] })
            await RefusedAsync([.. packed, .. tail]);

        // The last eight bytes are the checksum and the length.
        for (int at = packed.Length - 8; at < packed.Length; at++)
        {
            byte[] changed = [.. packed];
            changed[at] ^= 1;
            await RefusedAsync(changed);
        }
    }

    [Fact]
    public async Task Empty_bodies_are_empty()
    {
        Assert.Empty(await ReadAsync([]));
        Assert.Empty(await ReadAsync(Pack([], CompressionLevel.Optimal)));
    }

    [Fact]
    public async Task A_bomb_is_too_large_and_leaves_no_room_taken()
    {
        byte[] bomb = Pack(new byte[20 << 20], CompressionLevel.Optimal);
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => ReadAsync(bomb));
        Assert.Equal(ErrorKind.TooLarge, error.Kind);
        Assert.Equal(BytesMax, (await ReadAsync(Pack(new byte[BytesMax], CompressionLevel.Optimal))).Length);
    }

    private static async Task RefusedAsync(byte[] packed)
    {
        TsDbException error = await Assert.ThrowsAsync<TsDbException>(() => ReadAsync(packed));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
    }

    private static async Task<byte[]> ReadAsync(byte[] packed, int bytesPerRead = int.MaxValue)
    {
        DefaultHttpContext context = new();
        context.Request.Headers.ContentEncoding = "gzip";
        context.Request.Body = new SlicedStream(packed, bytesPerRead);
        WriteBodyReader reader = new(BytesMax, new WriteEndpointOptions());
        using WriteBody body = await reader.ReadAsync(context.Request, TestContext.Current.CancellationToken);
        return body.Bytes.ToArray();
    }

    private static byte[] Pack(ReadOnlySpan<byte> plain, CompressionLevel level)
    {
        MemoryStream packed = new();
        using (GZipStream gzip = new(packed, level, leaveOpen: true)) gzip.Write(plain);

        // Nothing written, the library writes nothing: then a member by hand.
        return packed.Length > 0
            ? packed.ToArray()
            : [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }

    /// <summary>Gives not more than so many bytes at a time.</summary>
    private sealed class SlicedStream(byte[] bytes, int bytesPerRead) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken ct = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, bytesPerRead)], ct);
    }
}
