using System.Text;

namespace TsDb.Codec.Csv;

/// <summary>Where the text of one cell lies in the bytes of its record.</summary>
/// <param name="Start">Its first byte, quotes left out.</param>
/// <param name="Length">Its bytes as written.</param>
/// <param name="IsQuoted">True if it stood between quotes: an empty one is then an empty text, not an absent
/// value.</param>
/// <param name="HasQuotes">True if quotes inside it are written twice.</param>
public readonly record struct CsvCell(int Start, int Length, bool IsQuoted, bool HasQuotes)
{
    /// <summary>The text; null for an absent value. The bytes must be UTF-8.</summary>
    /// <param name="bytes">The bytes that the record was read from.</param>
    public string? Text(ReadOnlySpan<byte> bytes)
    {
        if (Length == 0) return IsQuoted ? "" : null;
        string text = Encoding.UTF8.GetString(bytes.Slice(Start, Length));
        return HasQuotes ? text.Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }
}
