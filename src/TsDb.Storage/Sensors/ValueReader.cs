using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using TsDb.Codec.Json;
using TsDb.Model;

namespace TsDb.Storage.Sensors;

/// <summary>Payloads that are one number, truth value or text.</summary>
internal static class ValueReader
{
    // Some publishers end texts as C does.
    private static ReadOnlySpan<byte> Blanks => " \t\r\n\0"u8;

    /// <summary>The payload as a point of one field, timed by the node; or why it is none.</summary>
    public static SensorPointOutcome Read(ReadOnlySpan<byte> payload, string field, ValueType type)
    {
        ReadOnlySpan<byte> value = payload.Trim(Blanks);
        SensorField? read = type switch
        {
            ValueType.Float => Float(value, field),
            ValueType.Integer => Integer(value, field),
            ValueType.Unsigned => Unsigned(value, field),
            ValueType.Boolean => Boolean(value, field, inAnyForm: true),
            ValueType.Text => Text(payload, field),
            _ => Float(value, field) ?? Boolean(value, field, inAnyForm: false) ?? Text(payload, field),
        };
        return read is null
            ? new SensorPointOutcome(null, $"the payload '{Quote(value)}' is not {Demand(type)}")
            : new SensorPointOutcome(new SensorPoint(null, [], [read], null), null);
    }

    private static SensorField? Float(ReadOnlySpan<byte> value, string field)
    {
        bool isNumber = Utf8Parser.TryParse(value, out double number, out int used) && used == value.Length
            && double.IsFinite(number);
        if (!isNumber) return null;

        // A whole number also fits a column of integers, as in JSON.
        long? whole = Utf8Parser.TryParse(value, out long integer, out used) && used == value.Length
            ? integer
            : null;
        return new SensorField(field, FieldType.Float64, number, whole, null);
    }

    private static SensorField? Integer(ReadOnlySpan<byte> value, string field) =>
        Utf8Parser.TryParse(value, out long integer, out int used) && used == value.Length
            ? new SensorField(field, FieldType.Int64, integer, integer, null)
            : null;

    private static SensorField? Unsigned(ReadOnlySpan<byte> value, string field) =>
        Utf8Parser.TryParse(value, out ulong integer, out int used) && used == value.Length
            ? new SensorField(field, FieldType.UInt64, integer, unchecked((long)integer), null)
            : null;

    private static SensorField? Boolean(ReadOnlySpan<byte> value, string field, bool inAnyForm)
    {
        bool isTrue = Is(value, "true"u8) || (inAnyForm && (Is(value, "1"u8) || Is(value, "on"u8)));
        bool isFalse = Is(value, "false"u8) || (inAnyForm && (Is(value, "0"u8) || Is(value, "off"u8)));
        return isTrue || isFalse
            ? new SensorField(field, FieldType.Boolean, isTrue ? 1 : 0, null, null)
            : null;
    }

    private static SensorField? Text(ReadOnlySpan<byte> payload, string field) =>
        Utf8.IsValid(payload)
            ? new SensorField(field, FieldType.String, 0, null, Encoding.UTF8.GetString(payload))
            : null;

    private static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> word) =>
        Ascii.EqualsIgnoreCase(value, word);

    private static string Quote(ReadOnlySpan<byte> value)
    {
        const int Quoted = 40;
        string text = Encoding.UTF8.GetString(value.Length > Quoted ? value[..Quoted] : value);
        return string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
    }

    private static string Demand(ValueType type) => type switch
    {
        ValueType.Float => "a finite number",
        ValueType.Integer => "a whole number of 64 bits",
        ValueType.Unsigned => "a whole number of 64 bits from 0 on",
        ValueType.Boolean => "true or false, 1 or 0, on or off",
        _ => "valid UTF-8",
    };
}
