using ZstdSharp;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Zstd with one level and one context, reused from page to page. The same bytes give the same bytes.
/// </summary>
internal sealed class PageCompressor(int level) : IDisposable
{
    private readonly Compressor _zstd = new(level);

    public void Dispose() => _zstd.Dispose();

    /// <summary>Replaces what <paramref name="destination"/> holds by the compressed bytes.</summary>
    public void Compress(ReadOnlySpan<byte> source, ByteSink destination)
    {
        destination.Clear();
        Span<byte> room = destination.Take(Compressor.GetCompressBound(source.Length));
        destination.Trim(_zstd.Wrap(source, room));
    }

    /// <summary>How long the bytes would be.</summary>
    public int LengthOf(ReadOnlySpan<byte> source, ByteSink scratch)
    {
        Compress(source, scratch);
        return scratch.Length;
    }
}
