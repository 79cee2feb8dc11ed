using TsDb.Model;
using ZstdSharp;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Fetches the pages of one chunk and decompresses them into buffers that are reused: what <see cref="Load"/>
/// shows is valid until the next call.
/// </summary>
internal sealed class ChunkReader(Stream file) : IDisposable
{
    /// <summary>More than zstd's densest frames: what claims to unpack further is damaged.</summary>
    private const long ExpansionMax = 1 << 16;

    private const int PageBytesMax = 1 << 30;

    private readonly Decompressor _zstd = new();
    private byte[] _chunk = [];
    private byte[] _dictionary = [];
    private byte[] _data = [];
    private int _dictionaryLength;
    private int _dataLength;

    /// <summary>The plain values of the dictionary; empty if there is none.</summary>
    public ReadOnlySpan<byte> Dictionary => _dictionary.AsSpan(0, _dictionaryLength);

    public int DictionaryCount { get; private set; }

    /// <summary>Levels and values of the data page.</summary>
    public ReadOnlySpan<byte> Data => _data.AsSpan(0, _dataLength);

    public PageEncoding Encoding { get; private set; }

    public void Dispose() => _zstd.Dispose();

    /// <summary>
    /// Reads an optional dictionary page and the one data page behind it, which must have so many values.
    /// </summary>
    public void Load(ChunkInfo chunk, int rows)
    {
        long start = chunk.DictionaryPageOffset ?? chunk.DataPageOffset;
        if (start < 0 || chunk.CompressedBytes < 0 || chunk.CompressedBytes > PageBytesMax
            || start > file.Length - chunk.CompressedBytes)
            throw Damage.Found($"a chunk at {start} does not lie in the file");
        int length = (int)chunk.CompressedBytes;
        if (_chunk.Length < length) _chunk = new byte[length];
        file.Position = start;
        file.ReadExactly(_chunk, 0, length);
        ReadOnlySpan<byte> rest = _chunk.AsSpan(0, length);
        (_dictionaryLength, DictionaryCount) = (0, 0);
        if (chunk.DictionaryPageOffset is not null)
        {
            PageHeader header = ReadPage(ref rest, PageKind.Dictionary, chunk.Codec, ref _dictionary);
            (_dictionaryLength, DictionaryCount) = (header.UncompressedBytes, header.ValuesCount);
        }

        PageHeader data = ReadPage(ref rest, PageKind.Data, chunk.Codec, ref _data);
        if (data.ValuesCount != rows)
            throw Damage.Found($"a page has {data.ValuesCount} values of {rows}");
        (_dataLength, Encoding) = (data.UncompressedBytes, data.Encoding);
    }

    private PageHeader ReadPage(
        ref ReadOnlySpan<byte> rest, PageKind kind, PageCodec codec, ref byte[] buffer)
    {
        PageHeader header = PageHeader.Read(rest, out int headerLength);
        rest = rest[headerLength..];
        if (header.Kind != kind || header.CompressedBytes > rest.Length
            || header.UncompressedBytes > Math.Min(
                PageBytesMax, (header.CompressedBytes + 64L) * ExpansionMax))
            throw Damage.Found($"a {header.Kind} page does not fit where a {kind} page belongs");
        ReadOnlySpan<byte> body = rest[..header.CompressedBytes];
        rest = rest[header.CompressedBytes..];
        if (buffer.Length < header.UncompressedBytes) buffer = new byte[header.UncompressedBytes];
        int length = codec == PageCodec.None ? body.Length
            : Unpack(body, buffer.AsSpan(0, header.UncompressedBytes));
        if (length != header.UncompressedBytes)
            throw Damage.Found($"a page has {length} bytes of {header.UncompressedBytes}");
        if (codec == PageCodec.None) body.CopyTo(buffer);
        return header;
    }

    private int Unpack(ReadOnlySpan<byte> body, Span<byte> destination)
    {
        try
        {
            return _zstd.Unwrap(body, destination);
        }
        catch (ZstdException error)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"a page cannot be decompressed: {error.Message}", error);
        }
    }
}
