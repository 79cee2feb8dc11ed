using System.Globalization;
using System.Text;

namespace TsDb.Integration.Tracing;

/// <summary>The bytes that strace shows as C strings in the arguments of a call.</summary>
internal static class TracedBytes
{
    /// <summary>
    /// What a call read or wrote: all its strings together, as far as it said it took them. Throws if the
    /// trace was cut short there.
    /// </summary>
    public static byte[] Of(SystemCall call)
    {
        List<byte> bytes = [];
        foreach (byte[] part in Strings(call.Arguments)) bytes.AddRange(part);
        int count = checked((int)call.Number);
        if (bytes.Count < count)
            throw new InvalidDataException($"the trace shows {bytes.Count} of {count} bytes: {call}");
        return [.. bytes[..count]];
    }

    /// <summary>The strings of the arguments as text: paths.</summary>
    public static string[] Paths(SystemCall call) =>
        [.. Strings(call.Arguments).Select(Encoding.UTF8.GetString)];

    private static IEnumerable<byte[]> Strings(string arguments)
    {
        List<byte> bytes = [];
        for (int at = arguments.IndexOf('"', StringComparison.Ordinal); at >= 0;
            at = arguments.IndexOf('"', at + 1))
        {
            bytes.Clear();
            at++;
            while (arguments[at] != '"') bytes.Add(One(arguments, ref at));
            yield return [.. bytes];
        }
    }

    /// <summary>One byte, plain or as an escape; <paramref name="at"/> moves behind it.</summary>
    private static byte One(string text, ref int at)
    {
        char c = text[at++];
        if (c != '\\') return checked((byte)c);
        c = text[at++];
        switch (c)
        {
            case 'n': return (byte)'\n';
            case 'r': return (byte)'\r';
            case 't': return (byte)'\t';
            case 'f': return (byte)'\f';
            case 'v': return (byte)'\v';
            case 'x':
                at += 2;
                return byte.Parse(
                    text.AsSpan(at - 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            case >= '0' and <= '7':
                int value = c - '0';
                for (int digits = 1; digits < 3 && text[at] is >= '0' and <= '7'; digits++)
                    value = (value * 8) + (text[at++] - '0');
                return checked((byte)value);
            default:
                return checked((byte)c);
        }
    }
}
