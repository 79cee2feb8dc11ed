using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Replication.Cluster;

/// <summary>The cluster's nouns as JSON: in the log, in small files, and between nodes.</summary>
public static class ClusterJson
{
    /// <summary>
    /// Names in camel case, ids as text. What is not understood is refused, never half applied.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters =
        {
            new TextConverter<NodeId>(text => new NodeId(text), id => id.Value),
            new TextConverter<EdgeId>(text => new EdgeId(text), id => id.Value),
            new TextConverter<ClusterId>(
                text => new ClusterId(Guid.ParseExact(text, "N")), id => id.ToString()),
            new TextConverter<Incarnation>(
                text => new Incarnation(Guid.ParseExact(text, "N")), id => id.ToString()),
            new EdgesConverter(),
        },
    };

    private sealed class TextConverter<T>(Func<string, T> parse, Func<T, string> print) : JsonConverter<T>
    {
        public override T Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            parse(reader.GetString() ?? throw new JsonException("an id is null"));

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(print(value));
    }

    // The registry as a list: its key is inside each registration.
    private sealed class EdgesConverter : JsonConverter<ImmutableSortedDictionary<EdgeId, EdgeRegistration>>
    {
        public override ImmutableSortedDictionary<EdgeId, EdgeRegistration> Read(
            ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            EdgeRegistration?[] edges =
                JsonSerializer.Deserialize<EdgeRegistration?[]>(ref reader, options) ?? [];
            ImmutableSortedDictionary<EdgeId, EdgeRegistration>.Builder registry =
                ImmutableSortedDictionary.CreateBuilder<EdgeId, EdgeRegistration>();
            foreach (EdgeRegistration? edge in edges)
            {
                if (edge is null) throw new JsonException("a registration is null");
                if (!registry.TryAdd(edge.Edge, edge))
                    throw new JsonException($"edge {edge.Edge} is registered twice");
            }

            return registry.ToImmutable();
        }

        public override void Write(
            Utf8JsonWriter writer,
            ImmutableSortedDictionary<EdgeId, EdgeRegistration> value,
            JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value.Values, options);
    }
}
