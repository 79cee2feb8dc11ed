using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TsDb.Model;

/// <summary>SHA-256 of a segment file's bytes (FIPS 180-4): who the bytes are.</summary>
public readonly record struct ContentHash : IComparable<ContentHash>
{
    /// <summary>Length of the hash in bytes.</summary>
    public const int BytesLength = 32;

    /// <summary>How many hexadecimal digits of it are in the name of a file: its first 64 bits.</summary>
    public const int DigitsInName = 16;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>Takes 32 bytes; throws <see cref="ErrorKind.Invalid"/> for any other length.</summary>
    public ContentHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != BytesLength)
        {
            throw new TsDbException(
                ErrorKind.Invalid, $"a content hash has {BytesLength} bytes, not {bytes.Length}");
        }

        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Its first bytes.</summary>
    public LeafTag Tag => new(_a);

    /// <summary>The hash of <paramref name="content"/>.</summary>
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[BytesLength];
        SHA256.HashData(content, hash);
        return new ContentHash(hash);
    }

    /// <summary>Reads 64 hexadecimal digits; false if the text is anything else.</summary>
    public static bool TryParse(string? hex, out ContentHash hash)
    {
        Span<byte> bytes = stackalloc byte[BytesLength];
        bool whole = hex is { Length: 2 * BytesLength }
            && Convert.FromHexString(hex, bytes, out _, out int written) == OperationStatus.Done
            && written == BytesLength;
        hash = whole ? new ContentHash(bytes) : default;
        return whole;
    }

    /// <summary>
    /// The digits that the name of a segment file says behind its last '-'; null for a name without them.
    /// </summary>
    public static string? DigitsIn(string name)
    {
        int dash = name.LastIndexOf('-');
        int end = name.IndexOf('.', dash + 1);
        return dash > 0 && end - dash - 1 == DigitsInName
            && name[(dash + 1)..end] is { } digits && digits.All(char.IsAsciiHexDigitLower)
                ? digits
                : null;
    }

    /// <summary>Its first digits, for the name of a file.</summary>
    public string ToDigitsInName() => ToString()[..DigitsInName];

    /// <summary>Writes the 32 bytes; <paramref name="destination"/> has at least that many.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[BytesLength];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Orders as the bytes do.</summary>
    public int CompareTo(ContentHash other)
    {
        int order = _a.CompareTo(other._a);
        if (order == 0) order = _b.CompareTo(other._b);
        if (order == 0) order = _c.CompareTo(other._c);
        return order != 0 ? order : _d.CompareTo(other._d);
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());
}
