using System.Text;
using TsDb.Model;

namespace TsDb.Columnar.Parquet;

/// <summary>
/// Reads Thrift's compact protocol from bytes that nobody vouches for: depth and counts are bounded, unknown
/// fields are skipped, anything else is <see cref="ErrorKind.Corrupt"/>.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int DepthMax = 16;

    private ByteSource _source = new(bytes);
    private int _lastId;
    private int _depth;

    public readonly int Remaining => _source.Remaining;

    /// <summary>Enters a struct; the value returned goes to <see cref="Leave"/>.</summary>
    public int Enter()
    {
        if (++_depth > DepthMax) throw Damage.Found("metadata is nested too deeply");
        int outer = _lastId;
        _lastId = 0;
        return outer;
    }

    public void Leave(int outer)
    {
        _depth--;
        _lastId = outer;
    }

    /// <summary>The next field of the struct, or false at its end.</summary>
    public bool TryField(out int id, out ThriftType type)
    {
        byte header = _source.ReadByte();
        type = (ThriftType)(header & 0x0F);
        id = 0;
        if (type == ThriftType.Stop) return false;
        int step = header >> 4;
        _lastId = step == 0 ? (int)_source.ReadZigZag() : _lastId + step;
        id = _lastId;
        return true;
    }

    public int Int32(ThriftType type)
    {
        long value = Int64(type);
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw Damage.Found($"{value} does not fit 32 bits");
    }

    public long Int64(ThriftType type)
    {
        Require(type is ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64, type);
        return _source.ReadZigZag();
    }

    public ReadOnlySpan<byte> Binary(ThriftType type)
    {
        Require(type == ThriftType.Binary, type);
        return Bytes();
    }

    public ReadOnlySpan<byte> Bytes() => _source.Take(_source.ReadCount(_source.Remaining));

    public string Text(ThriftType type) => Encoding.UTF8.GetString(Binary(type));

    /// <summary>Number of elements, which cannot be more than there are bytes left.</summary>
    public int List(ThriftType type, ThriftType element)
    {
        Require(type is ThriftType.List or ThriftType.Set, type);
        byte header = _source.ReadByte();
        int count = header >> 4;
        if (count == 15) count = _source.ReadCount(_source.Remaining);
        if (count > 0) Require((ThriftType)(header & 0x0F) == element, (ThriftType)(header & 0x0F));
        if (count > _source.Remaining) throw Damage.Found("a list is longer than its bytes");
        return count;
    }

    public void Skip(ThriftType type)
    {
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                _source.ReadByte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                _source.ReadVarint();
                break;
            case ThriftType.Double:
                _source.Take(sizeof(double));
                break;
            case ThriftType.Binary:
                Bytes();
                break;
            case ThriftType.List or ThriftType.Set:
                SkipList();
                break;
            case ThriftType.Struct:
                int outer = Enter();
                while (TryField(out _, out ThriftType field)) Skip(field);
                Leave(outer);
                break;
            default:
                throw Damage.Found($"metadata holds the unknown type {type}");
        }
    }

    private void SkipList()
    {
        int outer = Enter();
        byte header = _source.ReadByte();
        ThriftType element = (ThriftType)(header & 0x0F);
        int count = header >> 4;
        if (count == 15) count = _source.ReadCount(_source.Remaining);
        for (int i = 0; i < count; i++)
        {
            // In a list a boolean takes a byte, unlike in a struct.
            if (element is ThriftType.True or ThriftType.False) _source.ReadByte();
            else Skip(element);
        }

        Leave(outer);
    }

    private static void Require(bool isExpected, ThriftType type)
    {
        if (!isExpected) throw Damage.Found($"metadata holds a {type} where it should not");
    }
}
