namespace TsDb.Codec.LineProtocol;

/// <summary>
/// What is wrong with a line. The texts that clients know are in <see cref="LineFaultTexts"/>.
/// </summary>
public enum LineFault
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The line starts with a comma or a byte that no name may hold.</summary>
    MissingMeasurement,

    /// <summary>A comma is not followed by a tag key.</summary>
    MissingTagKey,

    /// <summary>A tag key is not followed by '=' and a value.</summary>
    MissingTagValue,

    /// <summary>A tag key appears twice.</summary>
    DuplicateTags,

    /// <summary>A name holds a control character, or a tag value a TAB or a CR.</summary>
    ControlCharacter,

    /// <summary>A name or text is not UTF-8.</summary>
    InvalidUtf8,

    /// <summary>Measurement, tags and a field name together are longer than 65,535 bytes.</summary>
    KeyTooLong,

    /// <summary>The line ends before its first field.</summary>
    MissingFields,

    /// <summary>A field has no name.</summary>
    MissingFieldKey,

    /// <summary>A field has no value.</summary>
    MissingFieldValue,

    /// <summary>What should be a field is not name=value.</summary>
    InvalidFieldFormat,

    /// <summary>A number is not written as one.</summary>
    InvalidNumber,

    /// <summary>A number with i or u does not fit into 64 bits.</summary>
    IntegerOutOfRange,

    /// <summary>A decimal number is not written as one, or is beyond what 64 bits hold.</summary>
    InvalidFloat,

    /// <summary>
    /// A value that is neither number nor text is none of t T true True TRUE f F false False FALSE.
    /// </summary>
    InvalidBoolean,

    /// <summary>A number is NaN or infinite, which no field can be.</summary>
    NotFinite,

    /// <summary>A text has no closing quote, or more follows behind it.</summary>
    UnbalancedQuotes,

    /// <summary>The time is not a whole number.</summary>
    BadTimestamp,

    /// <summary>Something follows the time.</summary>
    TextAfterTimestamp,

    /// <summary>The time does not fit into a signed 64-bit number.</summary>
    TimeOutOfRange,
}
