namespace TsDb.Columnar.Parquet;

/// <summary>The header in front of every page.</summary>
internal readonly record struct PageHeader(
    PageKind Kind, int UncompressedBytes, int CompressedBytes, int ValuesCount, PageEncoding Encoding)
{
    /// <summary>Reads the header at the start of <paramref name="bytes"/> and how long it is.</summary>
    public static PageHeader Read(ReadOnlySpan<byte> bytes, out int length)
    {
        ThriftReader thrift = new(bytes);
        (int kind, int uncompressed, int compressed, int values, int encoding) = (-1, -1, -1, -1, -1);
        int outer = thrift.Enter();
        while (thrift.TryField(out int id, out ThriftType type))
        {
            switch (id)
            {
                case 1: kind = thrift.Int32(type); break;
                case 2: uncompressed = thrift.Int32(type); break;
                case 3: compressed = thrift.Int32(type); break;
                case 5 or 7 when type == ThriftType.Struct:
                    ReadBody(ref thrift, out values, out encoding);
                    break;
                default: thrift.Skip(type); break;
            }
        }

        thrift.Leave(outer);
        length = bytes.Length - thrift.Remaining;
        bool isKnown = Enum.IsDefined((PageKind)kind) && Enum.IsDefined((PageEncoding)encoding);
        return isKnown && uncompressed >= 0 && compressed >= 0 && values >= 0
            ? new PageHeader((PageKind)kind, uncompressed, compressed, values, (PageEncoding)encoding)
            : throw Damage.Found($"a page of kind {kind} with encoding {encoding}");
    }

    private static void ReadBody(ref ThriftReader thrift, out int values, out int encoding)
    {
        (values, encoding) = (-1, -1);
        int outer = thrift.Enter();
        while (thrift.TryField(out int id, out ThriftType type))
        {
            if (id == 1) values = thrift.Int32(type);
            else if (id == 2) encoding = thrift.Int32(type);
            else thrift.Skip(type);
        }

        thrift.Leave(outer);
    }
}
