using TsDb.Codec.Json;
using TsDb.Model;

namespace TsDb.Codec.Sparkplug;

/// <summary>A value as it is on the wire, whose type may only be known from a birth.</summary>
/// <param name="Bits">Integers and truth values; a double's bits for floats.</param>
/// <param name="Text">A text; null for anything else.</param>
/// <param name="Wire">Which of the wire's forms it has.</param>
public readonly record struct SparkplugValue(long Bits, string? Text, SparkplugWireForm Wire)
{
    /// <summary>The value as a field; null if it is not of a type that fields have.</summary>
    public SensorField? ToField(string name, SparkplugDataType type)
    {
        switch (Wire)
        {
            case SparkplugWireForm.Integer:
                return Integer(name, type);
            case SparkplugWireForm.Floating:
                double number = BitConverter.Int64BitsToDouble(Bits);
                return new SensorField(name, FieldType.Float64, number, null, null);
            case SparkplugWireForm.Boolean:
                return new SensorField(name, FieldType.Boolean, Bits, null, null);
            case SparkplugWireForm.Text:
                return new SensorField(name, FieldType.String, 0, null, Text);
            default:
                return null;
        }
    }

    private SensorField Integer(string name, SparkplugDataType type)
    {
        // Publishers differ in how they widen small signed numbers: only the type's own bits count.
        long value = type switch
        {
            SparkplugDataType.Int8 => unchecked((sbyte)Bits),
            SparkplugDataType.Int16 => unchecked((short)Bits),
            SparkplugDataType.Int32 => unchecked((int)Bits),
            _ => Bits,
        };
        if (type == SparkplugDataType.Boolean)
            return new SensorField(name, FieldType.Boolean, value == 0 ? 0 : 1, null, null);
        if (type is SparkplugDataType.Float or SparkplugDataType.Double)
            return new SensorField(name, FieldType.Float64, value, value, null);
        return type == SparkplugDataType.UInt64
            ? new SensorField(name, FieldType.UInt64, unchecked((ulong)value), value, null)
            : new SensorField(name, FieldType.Int64, value, value, null);
    }
}
