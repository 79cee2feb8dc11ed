namespace TsDb.Columnar.Parquet;

/// <summary>Parquet's physical types, with the numbers of parquet.thrift.</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int64 = 2,
    Double = 5,
    ByteArray = 6,
}

/// <summary>Parquet's encodings that segments use, with the numbers of parquet.thrift.</summary>
internal enum PageEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>Parquet's codecs that segments use, with the numbers of parquet.thrift.</summary>
internal enum PageCodec
{
    None = 0,
    Zstd = 6,
}

/// <summary>Parquet's page types that segments use, with the numbers of parquet.thrift.</summary>
internal enum PageKind
{
    Data = 0,
    Dictionary = 2,
}
