using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using TsDb.Columnar;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>The nouns of the catalog as JSON; FORMAT.md names the fields.</summary>
internal static class CatalogJson
{
    extension(Utf8JsonWriter json)
    {
        public void WriteList<T>(string name, ImmutableArray<T> items, Action<Utf8JsonWriter, T> write)
        {
            json.WriteStartArray(name);
            foreach (T item in items) json.WriteObject(item, write);
            json.WriteEndArray();
        }

        public void WriteOne<T>(string name, T item, Action<Utf8JsonWriter, T> write)
        {
            json.WritePropertyName(name);
            json.WriteObject(item, write);
        }

        public void WriteNames(string name, IEnumerable<string> names)
        {
            json.WriteStartArray(name);
            foreach (string item in names) json.WriteStringValue(item);
            json.WriteEndArray();
        }

        private void WriteObject<T>(T item, Action<Utf8JsonWriter, T> write)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        private void WriteFields(ImmutableArray<Column> fields)
        {
            json.WriteStartArray("fields");
            foreach (Column field in fields)
            {
                json.WriteStartArray();
                json.WriteStringValue(field.Name);
                json.WriteNumberValue((int)field.Type);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }
    }

    extension(JsonElement json)
    {
        public ImmutableArray<T> ReadList<T>(string name, Func<JsonElement, T> read) =>
            [.. json.GetProperty(name).EnumerateArray().Select(read)];

        public ImmutableArray<string> ReadNames(string name) => json.ReadList(name, item => item.ReadText());

        private string ReadText() => json.GetString() ?? throw new FormatException("a text is null");

        private string ReadText(string name) => json.GetProperty(name).ReadText();

        private ImmutableArray<Column> ReadTags() =>
            json.ReadList("tags", tag => new Column(tag.ReadText(), ColumnRole.Tag, FieldType.String));

        private ImmutableArray<Column> ReadFields() => json.ReadList("fields", field =>
        {
            if (field.GetArrayLength() != 2) throw new FormatException("a field is not a name and a type");
            FieldType type = (FieldType)field[1].GetInt32();
            return Enum.IsDefined(type)
                ? new Column(field[0].ReadText(), ColumnRole.Field, type)
                : throw new FormatException($"field type {type} is unknown");
        });
    }

    public static void Write(Utf8JsonWriter json, StoredSegment segment)
    {
        json.WriteString("name", segment.Name);
        json.WriteNumber("bytes", segment.BytesLength);
        json.WriteNumber("rank", segment.Rank);
        json.WriteBoolean("cut", segment.IsCut);
        if (!segment.Supersedes.IsEmpty) json.WriteList("supersedes", segment.Supersedes, Write);
        json.WritePropertyName("manifest");
        json.WriteRawValue(ManifestCodec.Encode(segment.Manifest));
    }

    public static StoredSegment ReadSegment(JsonElement json) => new(
        json.ReadText("name"),
        json.GetProperty("bytes").GetInt64(),
        ManifestCodec.Decode(JsonMarshal.GetRawUtf8Value(json.GetProperty("manifest"))),
        json.GetProperty("rank").GetInt64(),
        json.GetProperty("cut").GetBoolean())
    {
        Supersedes = json.TryGetProperty("supersedes", out _) ? json.ReadList("supersedes", ReadLeaf) : [],
    };

    public static void Write(Utf8JsonWriter json, TableSchema schema)
    {
        json.WriteString("db", schema.Table.Database);
        json.WriteString("table", schema.Table.Table);
        json.WriteNames("tags", schema.Tags.Select(tag => tag.Name));
        json.WriteFields(schema.Fields);
    }

    public static TableSchema ReadSchema(JsonElement json) =>
        new(new TableId(json.ReadText("db"), json.ReadText("table")), json.ReadTags(), json.ReadFields());

    public static void Write(Utf8JsonWriter json, Leaf leaf)
    {
        json.WriteOne("cell", leaf.Cell, Write);
        json.WriteString("incarnation", leaf.Incarnation.ToString());
        json.WriteNumber("ordinal", leaf.Ordinal.Value);
        json.WriteString("hash", leaf.Hash.ToString());
    }

    public static Leaf ReadLeaf(JsonElement json) => new(
        ReadCell(json.GetProperty("cell")),
        ReadIncarnation(json),
        new Ordinal(json.GetProperty("ordinal").GetInt64()),
        ContentHash.TryParse(json.ReadText("hash"), out ContentHash hash)
            ? hash
            : throw new FormatException("a leaf has no hash"));

    public static void Write(Utf8JsonWriter json, LedgerLeaf leaf)
    {
        Write(json, leaf.Leaf);
        if (leaf.SegmentName is not null) json.WriteString("segment", leaf.SegmentName);
        json.WriteNumber("bytes", leaf.BytesLength);
        json.WriteNumber("presence", (int)leaf.Presence);
        if (leaf.DurableAt is { } epoch) json.WriteNumber("durable", epoch.Value);
        if (leaf.IsUnwanted) json.WriteBoolean("unwanted", true);
        if (leaf.Aside is { } aside) json.WriteOne("aside", aside, Write);
        WriteCutAt(json, leaf.CutAt);
    }

    public static void WriteCutAt(Utf8JsonWriter json, DateTimeOffset? at)
    {
        if (at is { } time) json.WriteNumber("at", time.ToUnixTimeMilliseconds());
    }

    public static DateTimeOffset? ReadCutAt(JsonElement json) =>
        json.TryGetProperty("at", out JsonElement at)
            ? DateTimeOffset.UnixEpoch.AddMilliseconds(at.GetInt64())
            : null;

    public static void Write(Utf8JsonWriter json, SetAside aside)
    {
        json.WriteString("reason", aside.Reason);
        json.WriteNumber("epoch", aside.Epoch.Value);
    }

    public static SetAside? ReadAside(JsonElement json) =>
        json.TryGetProperty("aside", out JsonElement aside)
            ? new SetAside(aside.ReadText("reason"), new Epoch(aside.GetProperty("epoch").GetInt64()))
            : null;

    public static LedgerLeaf ReadLedgerLeaf(JsonElement json) => new(
        ReadLeaf(json),
        json.TryGetProperty("segment", out JsonElement segment) ? segment.GetString() : null,
        json.GetProperty("bytes").GetInt64(),
        (LeafPresence)json.GetProperty("presence").GetInt32(),
        json.TryGetProperty("durable", out JsonElement epoch) ? new Epoch(epoch.GetInt64()) : null)
    {
        IsUnwanted = json.TryGetProperty("unwanted", out JsonElement unwanted) && unwanted.GetBoolean(),
        Aside = ReadAside(json),
        CutAt = ReadCutAt(json),
    };

    private static void Write(Utf8JsonWriter json, Cell cell)
    {
        json.WriteString("db", cell.Table.Database);
        json.WriteString("table", cell.Table.Table);
        json.WriteString("edge", cell.Edge.Value);
        json.WriteNumber("day", cell.Day.Number);
    }

    private static Cell ReadCell(JsonElement json) => new(
        new TableId(json.ReadText("db"), json.ReadText("table")),
        new EdgeId(json.ReadText("edge")),
        new Day(json.GetProperty("day").GetInt32()));

    private static Incarnation ReadIncarnation(JsonElement json) =>
        new(Guid.ParseExact(json.ReadText("incarnation"), "N"));
}
