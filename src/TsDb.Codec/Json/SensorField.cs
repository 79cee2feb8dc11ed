using TsDb.Model;

namespace TsDb.Codec.Json;

/// <summary>
/// A value of a sensor's JSON. JSON has one kind of number, so a number has no type of its own yet.
/// </summary>
/// <param name="Name">The field's name; names of nested objects and places in arrays are joined by
/// '_'.</param>
/// <param name="Type">In JSON Float64 for any number, Boolean, or String; Int64 or UInt64 where the sender
/// says
/// so.</param>
/// <param name="Number">The number as a double; 1 and 0 for true and false.</param>
/// <param name="Integer">The number if it is a whole one that fits into 64 bits and is written without a
/// point; the bits of a UInt64.</param>
/// <param name="Text">The text.</param>
public sealed record SensorField(string Name, FieldType Type, double Number, long? Integer, string? Text);
