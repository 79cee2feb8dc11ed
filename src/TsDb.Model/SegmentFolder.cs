using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace TsDb.Model;

/// <summary>
/// Where the segment files of a cell lie, on edges and cloud nodes alike, so that outside readers find them.
/// </summary>
public static class SegmentFolder
{
    /// <summary>The folder above all segments.</summary>
    public const string Root = "segments";

    // File systems take 255 bytes a name; "edge=" and the like need a little of it.
    private const int EncodedCharsMax = 200;
    private const int CutCharsLength = 160;

    /// <summary>
    /// <c>segments/{database}/{table}/edge={edge}/{yyyy-MM-dd}</c>: names with anything outside
    /// [A-Za-z0-9_.-] are percent-encoded byte by byte (UTF-8), so are names that begin with a dot; what
    /// would be longer than 200 characters is cut to 160 and closed by '~' and the XxHash128 of the name. The
    /// result is safe as a path.
    /// </summary>
    public static string Of(Cell cell)
    {
        string table = $"{Encode(cell.Table.Database)}/{Encode(cell.Table.Table)}";
        return $"{Root}/{table}/edge={Encode(cell.Edge.Value)}/{cell.Day}";
    }

    private static string Encode(string name)
    {
        StringBuilder encoded = new(name.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            bool plain = char.IsAsciiLetterOrDigit((char)b) || b is (byte)'_' or (byte)'-'
                || (b == (byte)'.' && encoded.Length > 0);
            if (plain) encoded.Append((char)b);
            else encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        if (encoded.Length <= EncodedCharsMax) return encoded.ToString();
        UInt128 hash = XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(name));
        string start = encoded.ToString(0, CutCharsLength);
        return string.Create(CultureInfo.InvariantCulture, $"{start}~{hash:x32}");
    }
}
