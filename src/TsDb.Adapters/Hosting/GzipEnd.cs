using System.IO.Compression;

namespace TsDb.Adapters.Hosting;

/// <summary>
/// A small gzip member that is read behind a packed body. The library ends quietly where its input ends, even
/// in the middle of a member; only if every member before it was whole does the unpacked body end with the
/// text of this one.
/// </summary>
public static class GzipEnd
{
    private static readonly byte[] Packed = Pack();

    /// <summary>What the unpacked body ends with if nothing of it is missing.</summary>
    public static ReadOnlySpan<byte> Text => "end of the whole body"u8;

    /// <summary>The packed body with this member behind it.</summary>
    public static Stream Behind(Stream body) => new FollowedStream(body);

    private static byte[] Pack()
    {
        MemoryStream packed = new();

        // Packed by Huffman codes, the text does not lie in the member byte by byte: raw bytes of a body cut
        // off inside a stored block are never taken for it.
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal)) gzip.Write(Text);
        return packed.ToArray();
    }

    private sealed class FollowedStream(Stream body) : ForwardStream
    {
        private bool _bodyEnded;
        private int _given;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken ct = default)
        {
            if (!_bodyEnded)
            {
                int read = await body.ReadAsync(buffer, ct);
                if (read > 0 || buffer.IsEmpty) return read;
                _bodyEnded = true;
            }

            return Follow(buffer.Span);
        }

        public override int Read(Span<byte> buffer)
        {
            if (!_bodyEnded)
            {
                int read = body.Read(buffer);
                if (read > 0 || buffer.IsEmpty) return read;
                _bodyEnded = true;
            }

            return Follow(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) body.Dispose();
            base.Dispose(disposing);
        }

        private int Follow(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, Packed.Length - _given);
            Packed.AsSpan(_given, count).CopyTo(buffer);
            _given += count;
            return count;
        }
    }
}
