using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using TsDb.Model;

namespace TsDb.Columnar;

/// <summary>
/// A manifest to JSON and back: the bytes under <c>tsdb.manifest</c> in a segment's footer, the same in
/// catalogs and offers. Equal manifests give equal bytes.
/// </summary>
public static class ManifestCodec
{
    private const string TypeLetters = "?fiubs";

    private static readonly ManifestJson Json = new(new JsonSerializerOptions(ManifestJson.Default.Options)
    {
        // The bytes go into files and frames, never into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>The manifest as UTF-8 JSON.</summary>
    public static byte[] Encode(SegmentManifest manifest) => JsonSerializer.SerializeToUtf8Bytes(
        new ManifestDocument
        {
            Version = manifest.Version,
            Database = manifest.Cell.Table.Database,
            Table = manifest.Cell.Table.Table,
            Edge = manifest.Cell.Edge.Value,
            Day = manifest.Cell.Day.Number,
            Incarnation = manifest.Incarnation.ToString(),
            Ordinals = [manifest.Ordinals.First.Value, manifest.Ordinals.Last.Value],
            Range = [manifest.Range.StartNanoseconds, manifest.Range.EndNanoseconds],
            Rows = manifest.Rows,
            Series = manifest.SeriesCount,
            Tags = [.. manifest.Tags.Select(t => t.Name)],
            Fields = [.. manifest.Fields.Select(f => f.Name)],
            Types = string.Concat(manifest.Fields.Select(f => TypeLetters[(int)f.Type])),
            Names = manifest.NamesInFile.IsEmpty ? null : new(manifest.NamesInFile, StringComparer.Ordinal),
            Scales = manifest.DecimalScales.IsEmpty ? null
                : new(manifest.DecimalScales, StringComparer.Ordinal),
        },
        Json.ManifestDocument);

    /// <summary>
    /// Reads a manifest. Throws <see cref="ErrorKind.Invalid"/> if it is of a newer version than this program
    /// knows, <see cref="ErrorKind.Corrupt"/> if it is not a manifest.
    /// </summary>
    public static SegmentManifest Decode(ReadOnlySpan<byte> json)
    {
        FormatVersion.RequireInJson("the segment", json, 1, SegmentManifest.VersionCurrent);
        try
        {
            ManifestDocument document = JsonSerializer.Deserialize(json, Json.ManifestDocument)
                ?? throw new JsonException("it is null");
            return Read(document);
        }
        catch (Exception error) when (error is JsonException or TsDbException or FormatException
            or ArgumentException or InvalidOperationException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt, $"a segment manifest cannot be read: {JsonFault.Describe(error)}", error);
        }
    }

    private static SegmentManifest Read(ManifestDocument document)
    {
        if (document.Version < 1 || document.Ordinals is not [long first, long last]
            || document.Range is not [long start, long end] || start >= end
            || document.Rows < 0 || document.Rows < document.Series
            || document.Series < Math.Min(1, document.Rows)
            || document.Fields.Length != document.Types.Length
            || Math.Abs((long)document.Day) > Day.Of(long.MaxValue).Number + 1)
            throw new JsonException("its numbers contradict each other");
        TableId table = new(document.Database, document.Table);
        ImmutableArray<Column> tags = [.. document.Tags.Select(
            t => new Column(t, ColumnRole.Tag, FieldType.String))];
        ImmutableArray<Column> fields = [.. document.Fields.Zip(
            document.Types, (f, t) => new Column(f, ColumnRole.Field, TypeOf(t)))];
        // A schema refuses names that appear twice.
        _ = new TableSchema(table, tags, fields);
        return new SegmentManifest
        {
            Version = document.Version,
            Cell = new Cell(table, new EdgeId(document.Edge), new Day(document.Day)),
            Incarnation = new Incarnation(Guid.ParseExact(document.Incarnation, "N")),
            Ordinals = new OrdinalRange(new Ordinal(first), new Ordinal(last)),
            Range = new TimeRange(start, end),
            Rows = document.Rows,
            SeriesCount = document.Series,
            Tags = tags,
            Fields = fields,
            NamesInFile = (document.Names ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
            DecimalScales = (document.Scales ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
        };
    }

    private static FieldType TypeOf(char letter)
    {
        int type = TypeLetters.IndexOf(letter, StringComparison.Ordinal);
        return type > 0 ? (FieldType)type : throw new JsonException($"'{letter}' is not a field type");
    }
}
