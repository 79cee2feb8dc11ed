using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>The model's small nouns as short JSON: names as text, numbers as numbers, digests as
/// arrays.</summary>
internal sealed class NounConverter : JsonConverterFactory
{
    private static readonly Dictionary<Type, JsonConverter> Converters = new()
    {
        [typeof(EdgeId)] = new Text<EdgeId>(value => value.Value, text => new EdgeId(text)),
        [typeof(NodeId)] = new Text<NodeId>(value => value.Value, text => new NodeId(text)),
        [typeof(Day)] = new Text<Day>(
            value => value.Number.ToString(CultureInfo.InvariantCulture),
            text => new Day(int.Parse(text, CultureInfo.InvariantCulture))),
        [typeof(ShardId)] = new Text<ShardId>(
            value => value.Value.ToString(CultureInfo.InvariantCulture),
            text => new ShardId(int.Parse(text, CultureInfo.InvariantCulture))),
        [typeof(Ordinal)] = new Text<Ordinal>(
            value => value.Value.ToString(CultureInfo.InvariantCulture),
            text => new Ordinal(long.Parse(text, CultureInfo.InvariantCulture))),
        [typeof(Incarnation)] = new Text<Incarnation>(
            value => value.Value.ToString("N"), text => new Incarnation(Guid.ParseExact(text, "N"))),
        [typeof(ContentHash)] = new Text<ContentHash>(
            value => value.ToString(),
            text => ContentHash.TryParse(text, out ContentHash hash) ? hash
                : throw new FormatException("no hash")),
        [typeof(LeafDigest)] = new Text<LeafDigest>(
            value => value.ToString(),
            text =>
            {
                string[] parts = text.Split(':', 2);
                return new LeafDigest(
                    long.Parse(parts[0], CultureInfo.InvariantCulture),
                    UInt128.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }),
        [typeof(TimeRange)] = new Text<TimeRange>(
            value => string.Create(
                CultureInfo.InvariantCulture, $"{value.StartNanoseconds}:{value.EndNanoseconds}"),
            text =>
            {
                string[] parts = text.Split(':', 2);
                return new TimeRange(
                    long.Parse(parts[0], CultureInfo.InvariantCulture),
                    long.Parse(parts[1], CultureInfo.InvariantCulture));
            }),
        [typeof(IReadOnlySet<EdgeId>)] = new Set<EdgeId>(value => value.Value, text => new EdgeId(text)),
        [typeof(IReadOnlySet<string>)] = new Set<string>(value => value, text => text),
    };

    public override bool CanConvert(Type typeToConvert) => Converters.ContainsKey(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        Converters[typeToConvert];

    private sealed class Text<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string text = reader.GetString() ?? throw new JsonException($"a {typeof(T).Name} is missing");
            try
            {
                return read(text);
            }
            catch (Exception e) when (e is FormatException or OverflowException or TsDbException
                or IndexOutOfRangeException)
            {
                throw new JsonException($"'{text}' is no {typeof(T).Name}", e);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));
    }

    private sealed class Set<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<IReadOnlySet<T>>
    {
        public override IReadOnlySet<T> Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new SortedSet<T>(
                (JsonSerializer.Deserialize<string[]>(ref reader, options) ?? []).Select(read), Order);

        public override void Write(Utf8JsonWriter writer, IReadOnlySet<T> value,
            JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Select(write).Order(StringComparer.Ordinal).ToArray(),
                options);

        private static IComparer<T> Order => typeof(T) == typeof(string)
            ? (IComparer<T>)StringComparer.Ordinal
            : Comparer<T>.Default;
    }
}
