using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Reads FileMetaData of parquet.thrift; numbers are its field ids. What it does not need it skips.
/// </summary>
internal ref struct FooterReader
{
    private ThriftReader _thrift;

    private FooterReader(ReadOnlySpan<byte> bytes) => _thrift = new ThriftReader(bytes);

    /// <summary>
    /// Throws <see cref="ErrorKind.Corrupt"/> if the bytes are not the footer of a flat file.
    /// </summary>
    public static FileFooter Read(ReadOnlySpan<byte> bytes) => new FooterReader(bytes).ReadFile();

    private FileFooter ReadFile()
    {
        long rows = -1;
        List<SchemaLeaf> leaves = [];
        List<RowGroupInfo> groups = [];
        byte[]? manifest = null;
        int outer = _thrift.Enter();
        while (_thrift.TryField(out int id, out ThriftType type))
        {
            switch (id)
            {
                case 2:
                    ReadSchema(type, leaves);
                    break;
                case 3:
                    rows = _thrift.Int64(type);
                    break;
                case 4:
                    int count = _thrift.List(type, ThriftType.Struct);
                    for (int i = 0; i < count; i++) groups.Add(ReadRowGroup());
                    break;
                case 5:
                    manifest = ReadManifest(type);
                    break;
                default:
                    _thrift.Skip(type);
                    break;
            }
        }

        _thrift.Leave(outer);
        if (rows < 0 || groups.Exists(g => g.Chunks.Count != leaves.Count))
            throw Damage.Found("the footer's row groups do not fit its schema");
        return new FileFooter(rows, leaves, groups, manifest);
    }

    private void ReadSchema(ThriftType listType, List<SchemaLeaf> leaves)
    {
        int count = _thrift.List(listType, ThriftType.Struct);
        for (int i = 0; i < count; i++)
        {
            (string name, int physical, int repetition, int scale, int children) = ("", -1, 0, -1, 0);
            int outer = _thrift.Enter();
            while (_thrift.TryField(out int id, out ThriftType type))
            {
                switch (id)
                {
                    case 1: physical = _thrift.Int32(type); break;
                    case 3: repetition = _thrift.Int32(type); break;
                    case 4: name = _thrift.Text(type); break;
                    case 5: children = _thrift.Int32(type); break;
                    case 7: scale = _thrift.Int32(type); break;
                    default: _thrift.Skip(type); break;
                }
            }

            _thrift.Leave(outer);
            if (i == 0) continue;
            if (children != 0 || repetition is not (0 or 1) || !Enum.IsDefined((PhysicalType)physical))
                throw Damage.Found($"column '{name}' is not one that a segment can have");
            leaves.Add(new SchemaLeaf(name, (PhysicalType)physical, repetition == 1, scale));
        }
    }

    private byte[]? ReadManifest(ThriftType listType)
    {
        byte[]? manifest = null;
        int count = _thrift.List(listType, ThriftType.Struct);
        for (int i = 0; i < count; i++)
        {
            bool isManifest = false;
            ReadOnlySpan<byte> value = default;
            int outer = _thrift.Enter();
            while (_thrift.TryField(out int id, out ThriftType type))
            {
                if (id == 1) isManifest = _thrift.Text(type) == FileFooter.ManifestKey;
                else if (id == 2) value = _thrift.Binary(type);
                else _thrift.Skip(type);
            }

            _thrift.Leave(outer);
            if (isManifest) manifest = value.ToArray();
        }

        return manifest;
    }

    private RowGroupInfo ReadRowGroup()
    {
        List<ChunkInfo> chunks = [];
        long rows = -1;
        int outer = _thrift.Enter();
        while (_thrift.TryField(out int id, out ThriftType type))
        {
            if (id == 1)
            {
                int count = _thrift.List(type, ThriftType.Struct);
                for (int i = 0; i < count; i++) chunks.Add(ReadChunk());
            }
            else if (id == 3)
            {
                rows = _thrift.Int64(type);
            }
            else
            {
                _thrift.Skip(type);
            }
        }

        _thrift.Leave(outer);
        return new RowGroupInfo(rows, chunks);
    }

    private ChunkInfo ReadChunk()
    {
        ChunkInfo? chunk = null;
        int outer = _thrift.Enter();
        while (_thrift.TryField(out int id, out ThriftType type))
        {
            if (id == 3 && type == ThriftType.Struct) chunk = ReadChunkMetadata();
            else _thrift.Skip(type);
        }

        _thrift.Leave(outer);
        return chunk ?? throw Damage.Found("a column of a row group has no metadata");
    }

    private ChunkInfo ReadChunkMetadata()
    {
        int codec = 0;
        int physical = -1;
        long values = -1;
        long uncompressed = -1;
        long compressed = -1;
        long dataOffset = -1;
        long? dictionaryOffset = null;
        ChunkStatistics statistics = ChunkStatistics.None;
        int outer = _thrift.Enter();
        while (_thrift.TryField(out int id, out ThriftType type))
        {
            switch (id)
            {
                case 1: physical = _thrift.Int32(type); break;
                case 4: codec = _thrift.Int32(type); break;
                case 5: values = _thrift.Int64(type); break;
                case 6: uncompressed = _thrift.Int64(type); break;
                case 7: compressed = _thrift.Int64(type); break;
                case 9: dataOffset = _thrift.Int64(type); break;
                case 11: dictionaryOffset = _thrift.Int64(type); break;
                case 12 when type == ThriftType.Struct: statistics = ReadStatistics(); break;
                default: _thrift.Skip(type); break;
            }
        }

        _thrift.Leave(outer);
        if (!Enum.IsDefined((PageCodec)codec) || !Enum.IsDefined((PhysicalType)physical))
            throw Damage.Found($"a column is of type {physical} with codec {codec}");
        return new ChunkInfo
        {
            Physical = (PhysicalType)physical,
            Codec = (PageCodec)codec,
            ValuesCount = values,
            UncompressedBytes = uncompressed,
            CompressedBytes = compressed,
            DataPageOffset = dataOffset,
            DictionaryPageOffset = dictionaryOffset,
            Statistics = statistics,
        };
    }

    private ChunkStatistics ReadStatistics()
    {
        long nullCount = 0;
        byte[]? min = null;
        byte[]? max = null;
        int outer = _thrift.Enter();
        while (_thrift.TryField(out int id, out ThriftType type))
        {
            switch (id)
            {
                case 3: nullCount = _thrift.Int64(type); break;
                case 5: max = _thrift.Binary(type).ToArray(); break;
                case 6: min = _thrift.Binary(type).ToArray(); break;
                default: _thrift.Skip(type); break;
            }
        }

        _thrift.Leave(outer);
        return new ChunkStatistics(nullCount, min, max);
    }
}
