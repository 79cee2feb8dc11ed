using System.Globalization;
using System.Text.Json;
using TsDb.Codec.Json;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Storage.Sensors;

/// <summary>JSON payloads read by a rule: an object is a point, an array holds objects.</summary>
internal static class ShapedJson
{
    private const int DepthMax = 16;
    private const int LeavesMax = 4_096;
    private const int NameCharsMax = 1_024;
    private const int PointsMax = 50_000;

    /// <summary>
    /// Reads a payload; throws <see cref="ErrorKind.Invalid"/> if it is not JSON of that shape.
    /// </summary>
    public static IReadOnlyList<SensorPointOutcome> Parse(ReadOnlyMemory<byte> payload, JsonShape shape)
    {
        try
        {
            using JsonDocument document =
                JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = DepthMax });
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object) return [Read(root, shape)];
            if (root.ValueKind != JsonValueKind.Array)
            {
                throw new TsDbException(
                    ErrorKind.Invalid, "the payload is JSON, but neither an object nor an array");
            }

            if (root.GetArrayLength() > PointsMax)
                throw new TsDbException(ErrorKind.TooLarge, $"a payload holds at most {PointsMax} points");
            return [.. root.EnumerateArray().Select(element => Read(element, shape))];
        }
        catch (JsonException error)
        {
            throw new TsDbException(ErrorKind.Invalid, $"the payload is not JSON: {error.Message}", error);
        }
    }

    private static SensorPointOutcome Read(JsonElement element, JsonShape shape)
    {
        try
        {
            if (element.ValueKind != JsonValueKind.Object) return new(null, "a point must be an object");
            Leaves leaves = new(shape);
            leaves.Take(element, "", "");
            if (leaves.Time is null && shape.TimeIsRequired)
                return new(null, $"the point has no time at $.{shape.TimePath}");
            return leaves.Fields.Count == 0
                ? new(null, "missing fields")
                : new(new SensorPoint(null, leaves.Tags, leaves.Fields, leaves.Time), null);
        }
        catch (FormatException error)
        {
            return new(null, error.Message);
        }
        catch (InvalidOperationException)
        {
            // The document's way to say that a text is no Unicode, found only when the text is asked for.
            return new(null, "a name or text is not valid Unicode");
        }
    }

    /// <summary>What the leaves of one object become.</summary>
    private sealed class Leaves(JsonShape shape)
    {
        private int _count;

        public List<KeyValuePair<string, string>> Tags { get; } = [];

        public List<SensorField> Fields { get; } = [];

        public SensorTime? Time { get; private set; }

        public void Take(JsonElement element, string path, string name)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Object:
                    foreach (JsonProperty member in element.EnumerateObject())
                        TakeInner(member.Value, path, name, member.Name);
                    break;
                case JsonValueKind.Array:
                    int place = 0;
                    foreach (JsonElement inner in element.EnumerateArray())
                        TakeInner(inner, path, name, (place++).ToString(CultureInfo.InvariantCulture));
                    break;
                case JsonValueKind.Null:
                    break;
                default:
                    TakeLeaf(element, path, name);
                    break;
            }
        }

        private void TakeInner(JsonElement element, string path, string name, string step)
        {
            if (step.Length == 0 || step.Any(char.IsControl))
                throw new FormatException("names must not be empty and must not hold control characters");
            string longer = path.Length == 0 ? step : $"{path}.{step}";
            string joined = path.Length == 0 ? step : $"{name}{shape.Separator}{step}";
            if (longer.Length > NameCharsMax)
                throw new FormatException($"a path is longer than {NameCharsMax} characters");
            Take(element, longer, joined);
        }

        private void TakeLeaf(JsonElement leaf, string path, string name)
        {
            if (++_count > LeavesMax) throw new FormatException($"a point has at most {LeavesMax} leaves");
            if (path == shape.TimePath)
            {
                Time = TimeOf(leaf);
                return;
            }

            if (shape.Tags.TryGetValue(path, out string? tag))
            {
                string value = leaf.ValueKind == JsonValueKind.String ? leaf.GetString()! : leaf.GetRawText();
                if (value.Length > 0) Tags.Add(new(tag, value));
                return;
            }

            if (shape.Fields is null) Fields.Add(FieldOf(leaf, name));
            else if (shape.Fields.TryGetValue(path, out string? field)) Fields.Add(FieldOf(leaf, field));
        }

        private static SensorField FieldOf(JsonElement leaf, string name)
        {
            switch (leaf.ValueKind)
            {
                case JsonValueKind.Number:
                    double number = leaf.GetDouble();
                    if (!double.IsFinite(number))
                        throw new FormatException($"number {leaf.GetRawText()} of '{name}' is out of range");
                    long? integer = leaf.TryGetInt64(out long whole) ? whole : null;
                    return new SensorField(name, FieldType.Float64, number, integer, null);
                case JsonValueKind.String:
                    return new SensorField(name, FieldType.String, 0, null, leaf.GetString());
                default:
                    return new SensorField(name, FieldType.Boolean, leaf.GetBoolean() ? 1 : 0, null, null);
            }
        }

        private SensorTime TimeOf(JsonElement leaf)
        {
            string text = leaf.ValueKind == JsonValueKind.String ? leaf.GetString()! : leaf.GetRawText();
            if (leaf.ValueKind == JsonValueKind.String && Rfc3339.TryParse(text, out long nanoseconds))
                return new SensorTime(nanoseconds, IsNanoseconds: true);
            bool isNumber = decimal.TryParse(
                text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal written);
            if (isNumber && TryScale(written, shape.TimeUnit, out nanoseconds))
                return new SensorTime(nanoseconds, IsNanoseconds: true);
            throw new FormatException(
                $"bad time {leaf.GetRawText()} at $.{shape.TimePath}: write a number or an RFC 3339 text");
        }

        // Exact: a fraction of a second such as 1700000000.123 keeps its digits.
        private static bool TryScale(decimal written, TimePrecision unit, out long nanoseconds)
        {
            nanoseconds = 0;
            if (decimal.Abs(written) > long.MaxValue) return false;
            if (unit == TimePrecision.Auto)
            {
                long whole = (long)decimal.Truncate(written);
                if (written == whole) return unit.TryToNanoseconds(whole, out nanoseconds);
                if (!unit.TryToNanoseconds(whole, out long guessed) || whole == 0) return false;
                return TryWhole(written * (guessed / whole), out nanoseconds);
            }

            decimal scale = unit.UnitNanoseconds();
            return decimal.Abs(written) <= long.MaxValue / scale
                && TryWhole(written * scale, out nanoseconds);
        }

        private static bool TryWhole(decimal value, out long whole)
        {
            bool fits = decimal.Abs(value) <= long.MaxValue;
            whole = fits ? (long)decimal.Round(value) : 0;
            return fits;
        }
    }
}
