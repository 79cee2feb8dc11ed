using System.Text;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Thrift's compact protocol, as far as Parquet's metadata needs it
/// (github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
/// </summary>
internal sealed class ThriftWriter(ByteSink sink)
{
    private readonly Stack<int> _outer = new();
    private int _lastId;

    public void Int32(int id, int value)
    {
        Field(id, ThriftType.Int32);
        sink.WriteZigZag(value);
    }

    public void Int64(int id, long value)
    {
        Field(id, ThriftType.Int64);
        sink.WriteZigZag(value);
    }

    public void Byte(int id, sbyte value)
    {
        Field(id, ThriftType.Byte);
        sink.Write((byte)value);
    }

    public void Bool(int id, bool value) => Field(id, value ? ThriftType.True : ThriftType.False);

    public void Text(int id, string value) => Binary(id, Encoding.UTF8.GetBytes(value));

    public void Binary(int id, ReadOnlySpan<byte> value)
    {
        Field(id, ThriftType.Binary);
        Bytes(value);
    }

    public void Struct(int id)
    {
        Field(id, ThriftType.Struct);
        ElementStart();
    }

    /// <summary>A struct without fields, as Parquet's unions use for choices that carry nothing.</summary>
    public void EmptyStruct(int id)
    {
        Struct(id);
        End();
    }

    /// <summary>
    /// A list whose elements follow by <see cref="ElementStart"/>, <see cref="Bytes"/> or
    /// <see cref="ElementInt32"/>.
    /// </summary>
    public void List(int id, ThriftType element, int count)
    {
        Field(id, ThriftType.List);
        if (count < 15)
        {
            sink.Write((byte)((count << 4) | (int)element));
            return;
        }

        sink.Write((byte)(0xF0 | (int)element));
        sink.WriteVarint((ulong)count);
    }

    public void ElementStart()
    {
        _outer.Push(_lastId);
        _lastId = 0;
    }

    public void ElementInt32(int value) => sink.WriteZigZag(value);

    public void Bytes(ReadOnlySpan<byte> value)
    {
        sink.WriteVarint((ulong)value.Length);
        sink.Write(value);
    }

    /// <summary>Ends the struct begun last; also the outermost one.</summary>
    public void End()
    {
        sink.Write(0);
        _lastId = _outer.Count > 0 ? _outer.Pop() : 0;
    }

    private void Field(int id, ThriftType type)
    {
        int step = id - _lastId;
        if (step is > 0 and <= 15)
        {
            sink.Write((byte)((step << 4) | (int)type));
        }
        else
        {
            sink.Write((byte)type);
            sink.WriteZigZag(id);
        }

        _lastId = id;
    }
}
