using System.Globalization;
using System.Text.Json;
using TsDb.Model;

namespace TsDb.Codec.Json;

/// <summary>
/// Points as sensors write them in JSON: one object, or an array of objects. Of an object
/// <list type="bullet">
/// <item><c>time</c> or <c>timestamp</c> is the point's time: a whole number in the agreed unit, or an RFC
/// 3339 text;</item>
/// <item><c>tags</c>, if it is an object, holds tags: texts, numbers and truth values, kept as text;</item>
/// <item><c>measurement</c>, if it is a text, names the table;</item>
/// <item><c>fields</c>, if it is an object, holds fields;</item>
/// <item>every other member is a field.</item>
/// </list>
/// Objects and arrays inside fields are spread out, names joined by '_'. Nulls are absent. Numbers become
/// float64 unless the table's column is an integer and the number is whole.
/// </summary>
public static class SensorJson
{
    private const int DepthMax = 16;

    // A name grows with each level, so without bounds a small payload could ask for much memory.
    private const int NameCharsMax = 1_024;
    private const int ValuesMax = 4_096;
    private const int PointsMax = 50_000;

    /// <summary>
    /// Reads a payload; throws <see cref="ErrorKind.Invalid"/> if it is not JSON of that shape.
    /// </summary>
    public static IReadOnlyList<SensorPointOutcome> Parse(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using JsonDocument document =
                JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = DepthMax });
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object) return [Read(root)];
            if (root.ValueKind != JsonValueKind.Array)
                throw new TsDbException(
                    ErrorKind.Invalid, "the payload is JSON, but neither an object nor an array");
            if (root.GetArrayLength() > PointsMax)
                throw new TsDbException(ErrorKind.TooLarge, $"a payload holds at most {PointsMax} points");
            List<SensorPointOutcome> outcomes = new(root.GetArrayLength());
            foreach (JsonElement element in root.EnumerateArray())
            {
                outcomes.Add(Read(element));
            }

            return outcomes;
        }
        catch (JsonException error)
        {
            throw new TsDbException(ErrorKind.Invalid, $"the payload is not JSON: {error.Message}", error);
        }
    }

    private static SensorPointOutcome Read(JsonElement element)
    {
        try
        {
            return new SensorPointOutcome(ReadPoint(element), null);
        }
        catch (TsDbException error)
        {
            return new SensorPointOutcome(null, error.Message);
        }
        catch (InvalidOperationException)
        {
            // The document's way to say that a text is no Unicode, found only when the text is asked for.
            return new SensorPointOutcome(null, "a name or text is not valid Unicode");
        }
    }

    private static SensorPoint ReadPoint(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object) throw Invalid("a point must be an object");
        string? measurement = null;
        SensorTime? time = null;
        List<KeyValuePair<string, string>> tags = [];
        List<SensorField> fields = [];
        foreach (JsonProperty member in element.EnumerateObject())
        {
            JsonElement value = member.Value;
            switch (member.Name)
            {
                case "time" or "timestamp":
                    if (time is not null) throw Invalid("a point has one time");
                    time = ReadTime(value);
                    break;
                case "measurement" when value.ValueKind == JsonValueKind.String:
                    measurement = value.GetString();
                    break;
                case "tags" when value.ValueKind == JsonValueKind.Object:
                    foreach (JsonProperty tag in value.EnumerateObject()) AddTag(tags, tag);
                    break;
                case "fields" when value.ValueKind == JsonValueKind.Object:
                    foreach (JsonProperty field in value.EnumerateObject())
                        AddField(fields, field.Name, field.Value);
                    break;
                default:
                    AddField(fields, member.Name, value);
                    break;
            }
        }

        if (fields.Count == 0) throw Invalid("missing fields");
        return new SensorPoint(measurement, tags, fields, time);
    }

    private static SensorTime? ReadTime(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Number when value.TryGetInt64(out long number):
                return new SensorTime(number, IsNanoseconds: false);
            case JsonValueKind.String when Rfc3339.TryParse(value.GetString(), out long nanoseconds):
                return new SensorTime(nanoseconds, IsNanoseconds: true);
            default:
                throw Invalid(
                    $"bad timestamp {value.GetRawText()}: write a whole number or an RFC 3339 text");
        }
    }

    private static void AddTag(List<KeyValuePair<string, string>> tags, JsonProperty tag)
    {
        string? value = tag.Value.ValueKind switch
        {
            JsonValueKind.String => tag.Value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => tag.Value.GetRawText(),
            JsonValueKind.Null => null,
            _ => throw Invalid($"tag '{tag.Name}' must be a text"),
        };
        RequireName(tag.Name);
        if (tags.Count == ValuesMax) throw Invalid($"a point has at most {ValuesMax} tags");
        if (!string.IsNullOrEmpty(value)) tags.Add(new(tag.Name, value));
    }

    private static void AddField(List<SensorField> fields, string name, JsonElement value)
    {
        RequireName(name);
        if (fields.Count == ValuesMax) throw Invalid($"a point has at most {ValuesMax} fields");
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                double number = value.GetDouble();
                if (!double.IsFinite(number))
                    throw Invalid($"number {value.GetRawText()} of '{name}' is out of range");
                long? integer = value.TryGetInt64(out long whole) ? whole : null;
                fields.Add(new SensorField(name, FieldType.Float64, number, integer, null));
                break;
            case JsonValueKind.True or JsonValueKind.False:
                double truth = value.GetBoolean() ? 1 : 0;
                fields.Add(new SensorField(name, FieldType.Boolean, truth, null, null));
                break;
            case JsonValueKind.String:
                fields.Add(new SensorField(name, FieldType.String, 0, null, value.GetString()));
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                    AddField(fields, $"{name}_{member.Name}", member.Value);
                break;
            case JsonValueKind.Array:
                int place = 0;
                foreach (JsonElement element in value.EnumerateArray())
                    AddField(
                        fields, string.Create(CultureInfo.InvariantCulture, $"{name}_{place++}"), element);
                break;
            default:
                break;
        }
    }

    private static void RequireName(string name)
    {
        if (name.Length is 0 or > NameCharsMax || name.Any(char.IsControl))
            throw Invalid($"names must have 1 to {NameCharsMax} characters and no control characters");
    }

    private static TsDbException Invalid(string reason) => new(ErrorKind.Invalid, reason);
}
