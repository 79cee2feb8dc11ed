namespace TsDb.Columnar.Parquet;

/// <summary>Compresses pages and puts their headers in front.</summary>
internal sealed class ChunkWriter(PageCompressor compressor)
{
    private readonly ByteSink _dictionary = new();
    private readonly ByteSink _data = new();
    private readonly ByteSink _chunk = new();

    /// <summary>The chunk of these pages: compressed, or plain where that is not longer.</summary>
    public EncodedChunk Write(FileColumn column, ChunkPages pages)
    {
        bool hasDictionary = pages.Encoding == PageEncoding.RleDictionary;
        compressor.Compress(pages.Data.Written, _data);
        if (hasDictionary) compressor.Compress(pages.Dictionary.Written, _dictionary);
        else _dictionary.Clear();
        bool isSmaller = _data.Length + _dictionary.Length < pages.Data.Length + pages.Dictionary.Length;
        _chunk.Clear();
        long headers = 0;
        if (hasDictionary)
        {
            ReadOnlySpan<byte> body = isSmaller ? _dictionary.Written : pages.Dictionary.Written;
            headers += WriteHeader(pages, PageKind.Dictionary, pages.Dictionary.Length, body.Length);
            _chunk.Write(body);
        }

        long dataStart = _chunk.Length;
        ReadOnlySpan<byte> data = isSmaller ? _data.Written : pages.Data.Written;
        headers += WriteHeader(pages, PageKind.Data, pages.Data.Length, data.Length);
        _chunk.Write(data);
        return new EncodedChunk(_chunk.Written.ToArray(), new ChunkInfo
        {
            Physical = column.Physical,
            Codec = isSmaller ? PageCodec.Zstd : PageCodec.None,
            Encoding = pages.Encoding,
            ValuesCount = pages.ValuesCount,
            UncompressedBytes = headers + pages.Data.Length + (hasDictionary ? pages.Dictionary.Length : 0),
            CompressedBytes = _chunk.Length,
            DataPageOffset = dataStart,
            DictionaryPageOffset = hasDictionary ? 0 : null,
            Statistics = pages.Statistics,
        });
    }

    private int WriteHeader(ChunkPages pages, PageKind kind, int uncompressedBytes, int compressedBytes)
    {
        int start = _chunk.Length;
        ThriftWriter thrift = new(_chunk);
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
        return _chunk.Length - start;
    }
}
