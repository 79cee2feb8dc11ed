using System.Buffers;
using System.Text.Unicode;

namespace TsDb.Codec.LineProtocol;

/// <summary>The bytes that mean something in a line, and how escapes are taken away.</summary>
public static class LineBytes
{
    private const string Controls =
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007"
        + "\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017"
        + "\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\u007f";

    /// <summary>
    /// What can end measurement and tags: a space, a control character, or a backslash that may escape one.
    /// </summary>
    internal static readonly SearchValues<byte> KeyStops = Of(Controls + " \\");

    /// <summary>What can end a field's name.</summary>
    internal static readonly SearchValues<byte> NameStops = Of(Controls + " ,=\\");

    /// <summary>What a comment must not hold.</summary>
    internal static readonly SearchValues<byte> CommentStops =
        Of(Controls.Replace("\t", "", StringComparison.Ordinal));

    /// <summary>What ends a value that is not a text.</summary>
    internal static readonly SearchValues<byte> ValueStops = Of(" ,\n\r");

    /// <summary>
    /// Writes a name or tag value without its escapes: a backslash before comma, space or (unless it is a
    /// measurement) equals sign goes, any other stays. Returns the bytes written; never more than came in.
    /// </summary>
    public static int UnescapeName(ReadOnlySpan<byte> raw, Span<byte> destination, bool isMeasurement = false)
    {
        int written = 0;
        while (true)
        {
            int at = raw.IndexOf((byte)'\\');
            if (at < 0 || at == raw.Length - 1)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            byte next = raw[at + 1];
            bool escapes = next is (byte)',' or (byte)' ' || (next == '=' && !isMeasurement);
            int kept = escapes ? at : at + 1;
            raw[..kept].CopyTo(destination[written..]);
            written += kept;
            raw = raw[(at + 1)..];
            if (!escapes) continue;
            destination[written++] = next;
            raw = raw[1..];
        }
    }

    /// <summary>
    /// Writes a text value without its escapes: a backslash before a quote or a backslash goes, any other
    /// stays. Returns the bytes written; never more than came in.
    /// </summary>
    public static int UnescapeText(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        int written = 0;
        while (true)
        {
            int at = raw.IndexOf((byte)'\\');
            if (at < 0 || at == raw.Length - 1)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            bool escapes = raw[at + 1] is (byte)'"' or (byte)'\\';
            raw[..at].CopyTo(destination[written..]);
            written += at;
            destination[written++] = escapes ? raw[at + 1] : (byte)'\\';
            raw = raw[(escapes ? at + 2 : at + 1)..];
        }
    }

    /// <summary>A name as text, its escapes taken away.</summary>
    public static string NameText(ReadOnlySpan<byte> raw, bool isMeasurement = false)
    {
        if (!raw.Contains((byte)'\\')) return System.Text.Encoding.UTF8.GetString(raw);
        byte[] plain = new byte[raw.Length];
        int length = UnescapeName(raw, plain, isMeasurement);
        return System.Text.Encoding.UTF8.GetString(plain, 0, length);
    }

    /// <summary>True if the bytes are UTF-8.</summary>
    internal static bool IsUtf8(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes);

    private static SearchValues<byte> Of(string characters) =>
        SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(characters));
}
