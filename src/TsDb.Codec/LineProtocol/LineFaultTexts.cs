namespace TsDb.Codec.LineProtocol;

/// <summary>
/// The words that writers of line protocol already match on; they are those of the first servers to speak it.
/// </summary>
public static class LineFaultTexts
{
    /// <summary>The lowest and the highest time those servers store, in nanoseconds.</summary>
    public const long TimeMagnitudeMax = 9_223_372_036_854_775_806;

    /// <summary>The reason in words.</summary>
    public static string Reason(this LineFault fault) => fault switch
    {
        LineFault.MissingMeasurement => "missing measurement",
        LineFault.MissingTagKey => "missing tag key",
        LineFault.MissingTagValue => "missing tag value",
        LineFault.DuplicateTags => "duplicate tags",
        LineFault.ControlCharacter => "control character in a name or tag value",
        LineFault.InvalidUtf8 => "invalid UTF-8",
        LineFault.KeyTooLong => $"max key length exceeded: more than {LineReader.KeyBytesMax}",
        LineFault.MissingFields => "missing fields",
        LineFault.MissingFieldKey => "missing field key",
        LineFault.MissingFieldValue => "missing field value",
        LineFault.InvalidFieldFormat => "invalid field format",
        LineFault.InvalidNumber => "invalid number",
        LineFault.IntegerOutOfRange => "unable to parse integer: value out of range",
        LineFault.InvalidFloat => "invalid float",
        LineFault.InvalidBoolean => "invalid boolean",
        LineFault.NotFinite => "invalid number: NaN and infinity cannot be stored, leave the field out",
        LineFault.UnbalancedQuotes => "unbalanced quotes",
        LineFault.BadTimestamp => "bad timestamp",
        LineFault.TextAfterTimestamp => "point is invalid",
        LineFault.TimeOutOfRange => $"time outside range -{TimeMagnitudeMax} - {TimeMagnitudeMax}",
        _ => "point is invalid",
    };
}
