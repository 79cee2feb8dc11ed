using System.Text;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>Writes FileMetaData of parquet.thrift; numbers are its field ids.</summary>
internal sealed class FooterWriter
{
    private const int ConvertedUtf8 = 0;
    private const int ConvertedDecimal = 5;
    private const int ConvertedUInt64 = 14;

    /// <summary>
    /// Decimal digits of every number up to 2^53, and then some: what INT64 can be annotated with.
    /// </summary>
    private const int DecimalPrecision = 18;

    private readonly ThriftWriter _thrift;

    private FooterWriter(ByteSink sink) => _thrift = new ThriftWriter(sink);

    public static void Write(
        ByteSink sink, IReadOnlyList<FileColumn> columns, IReadOnlyList<RowGroupInfo> rowGroups,
        byte[] manifest)
    {
        FooterWriter writer = new(sink);
        writer.WriteFile(columns, rowGroups, manifest);
    }

    private void WriteFile(
        IReadOnlyList<FileColumn> columns, IReadOnlyList<RowGroupInfo> rowGroups, byte[] manifest)
    {
        _thrift.Int32(1, 1);
        _thrift.List(2, ThriftType.Struct, columns.Count + 1);
        _thrift.ElementStart();
        _thrift.Text(4, "schema");
        _thrift.Int32(5, columns.Count);
        _thrift.End();
        foreach (FileColumn column in columns) WriteSchema(column);
        _thrift.Int64(3, rowGroups.Sum(g => g.Rows));
        _thrift.List(4, ThriftType.Struct, rowGroups.Count);
        foreach (RowGroupInfo group in rowGroups) WriteRowGroup(columns, group);
        _thrift.List(5, ThriftType.Struct, 1);
        _thrift.ElementStart();
        _thrift.Text(1, FileFooter.ManifestKey);
        _thrift.Binary(2, manifest);
        _thrift.End();
        _thrift.Text(6, "tsdb");
        // Without its order named, a reader must not trust a column's bounds.
        _thrift.List(7, ThriftType.Struct, columns.Count);
        for (int i = 0; i < columns.Count; i++)
        {
            _thrift.ElementStart();
            _thrift.EmptyStruct(1);
            _thrift.End();
        }

        _thrift.End();
    }

    private void WriteSchema(FileColumn column)
    {
        _thrift.ElementStart();
        _thrift.Int32(1, (int)column.Physical);
        _thrift.Int32(3, column.IsOptional ? 1 : 0);
        _thrift.Text(4, column.Name);
        if (column.Logical.Role == ColumnRole.Time)
        {
            _thrift.Struct(10);
            _thrift.Struct(8);
            // Times are UTC all the same: of a time marked as adjusted to UTC, DuckDB keeps microseconds
            // only.
            _thrift.Bool(1, false);
            _thrift.Struct(2);
            _thrift.EmptyStruct(3);
            _thrift.End();
            _thrift.End();
            _thrift.End();
        }
        else
        {
            WriteAnnotation(column);
        }

        _thrift.End();
    }

    private void WriteAnnotation(FileColumn column)
    {
        if (column.Physical == PhysicalType.ByteArray)
        {
            _thrift.Int32(6, ConvertedUtf8);
            _thrift.Struct(10);
            _thrift.EmptyStruct(1);
            _thrift.End();
        }
        else if (column.Logical.Type == FieldType.UInt64)
        {
            _thrift.Int32(6, ConvertedUInt64);
            _thrift.Struct(10);
            _thrift.Struct(10);
            _thrift.Byte(1, 64);
            _thrift.Bool(2, false);
            _thrift.End();
            _thrift.End();
        }
        else if (column.Scale >= 0)
        {
            _thrift.Int32(6, ConvertedDecimal);
            _thrift.Int32(7, column.Scale);
            _thrift.Int32(8, DecimalPrecision);
            _thrift.Struct(10);
            _thrift.Struct(5);
            _thrift.Int32(1, column.Scale);
            _thrift.Int32(2, DecimalPrecision);
            _thrift.End();
            _thrift.End();
        }
    }

    private void WriteRowGroup(IReadOnlyList<FileColumn> columns, RowGroupInfo group)
    {
        _thrift.ElementStart();
        _thrift.List(1, ThriftType.Struct, group.Chunks.Count);
        for (int i = 0; i < columns.Count; i++) WriteChunk(columns[i], group.Chunks[i]);
        _thrift.Int64(2, group.Chunks.Sum(c => c.UncompressedBytes));
        _thrift.Int64(3, group.Rows);
        _thrift.End();
    }

    private void WriteChunk(FileColumn column, ChunkInfo chunk)
    {
        _thrift.ElementStart();
        _thrift.Int64(2, 0);
        _thrift.Struct(3);
        _thrift.Int32(1, (int)chunk.Physical);
        PageEncoding[] encodings = chunk.DictionaryPageOffset is null
            ? [PageEncoding.Rle, chunk.Encoding]
            : [PageEncoding.Plain, PageEncoding.Rle, chunk.Encoding];
        _thrift.List(2, ThriftType.Int32, encodings.Length);
        foreach (PageEncoding encoding in encodings) _thrift.ElementInt32((int)encoding);
        _thrift.List(3, ThriftType.Binary, 1);
        _thrift.Bytes(Encoding.UTF8.GetBytes(column.Name));
        _thrift.Int32(4, (int)chunk.Codec);
        _thrift.Int64(5, chunk.ValuesCount);
        _thrift.Int64(6, chunk.UncompressedBytes);
        _thrift.Int64(7, chunk.CompressedBytes);
        _thrift.Int64(9, chunk.DataPageOffset);
        if (chunk.DictionaryPageOffset is { } offset) _thrift.Int64(11, offset);
        _thrift.Struct(12);
        _thrift.Int64(3, chunk.Statistics.NullCount);
        if (chunk.Statistics is { Max: { } max, Min: { } min })
        {
            _thrift.Binary(5, max);
            _thrift.Binary(6, min);
        }

        _thrift.End();
        _thrift.End();
        _thrift.End();
    }
}
