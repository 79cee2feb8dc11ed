namespace TsDb.Columnar.Parquet;

/// <summary>Compresses pages and appends them to the file, counting where they lie.</summary>
internal sealed class ChunkWriter(Stream destination, PageCompressor compressor)
{
    private readonly ByteSink _dictionary = new();
    private readonly ByteSink _data = new();
    private readonly ByteSink _header = new();

    /// <summary>Bytes written to the file so far.</summary>
    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        destination.Write(bytes);
        Position += bytes.Length;
    }

    /// <summary>Appends the pages: compressed, or plain where that is not longer.</summary>
    public ChunkInfo Write(FileColumn column, ChunkPages pages)
    {
        bool hasDictionary = pages.Encoding == PageEncoding.RleDictionary;
        compressor.Compress(pages.Data.Written, _data);
        if (hasDictionary) compressor.Compress(pages.Dictionary.Written, _dictionary);
        else _dictionary.Clear();
        bool isSmaller = _data.Length + _dictionary.Length < pages.Data.Length + pages.Dictionary.Length;
        PageCodec codec = isSmaller ? PageCodec.Zstd : PageCodec.None;
        long start = Position;
        long headers = 0;
        if (hasDictionary)
        {
            ReadOnlySpan<byte> body = isSmaller ? _dictionary.Written : pages.Dictionary.Written;
            headers += WriteHeader(pages, PageKind.Dictionary, pages.Dictionary.Length, body.Length);
            Write(body);
        }

        long dataStart = Position;
        ReadOnlySpan<byte> data = isSmaller ? _data.Written : pages.Data.Written;
        headers += WriteHeader(pages, PageKind.Data, pages.Data.Length, data.Length);
        Write(data);
        return new ChunkInfo
        {
            Physical = column.Physical,
            Codec = codec,
            Encoding = pages.Encoding,
            ValuesCount = pages.ValuesCount,
            UncompressedBytes = headers + pages.Data.Length + (hasDictionary ? pages.Dictionary.Length : 0),
            CompressedBytes = Position - start,
            DataPageOffset = dataStart,
            DictionaryPageOffset = hasDictionary ? start : null,
            Statistics = pages.Statistics,
        };
    }

    private int WriteHeader(ChunkPages pages, PageKind kind, int uncompressedBytes, int compressedBytes)
    {
        _header.Clear();
        ThriftWriter thrift = new(_header);
        thrift.Int32(1, (int)kind);
        thrift.Int32(2, uncompressedBytes);
        thrift.Int32(3, compressedBytes);
        if (kind == PageKind.Dictionary)
        {
            thrift.Struct(7);
            thrift.Int32(1, pages.DictionaryCount);
            thrift.Int32(2, (int)PageEncoding.Plain);
        }
        else
        {
            thrift.Struct(5);
            thrift.Int32(1, pages.ValuesCount);
            thrift.Int32(2, (int)pages.Encoding);
            thrift.Int32(3, (int)PageEncoding.Rle);
            thrift.Int32(4, (int)PageEncoding.Rle);
        }

        thrift.End();
        thrift.End();
        Write(_header.Written);
        return _header.Length;
    }
}
