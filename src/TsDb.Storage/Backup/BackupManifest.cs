using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using TsDb.Model;

namespace TsDb.Storage.Backup;

/// <summary>What a backup holds: the file <c>backup.json</c>. Without it there is no backup.</summary>
public sealed record BackupManifest
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "backup.json";

    private const int VersionCurrent = 1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Version of the format.</summary>
    public int Version { get; init; } = VersionCurrent;

    /// <summary>The kind of node.</summary>
    public required BackupKind Kind { get; init; }

    /// <summary>The node's id.</summary>
    public required string Id { get; init; }

    /// <summary>When it was finished, by the node's clock.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Its files, each path once.</summary>
    public required ImmutableArray<BackupFile> Files { get; init; }

    /// <summary>Files that the node should have had.</summary>
    public required ImmutableArray<BackupGap> Gaps { get; init; }

    /// <summary>Size of all files in bytes.</summary>
    [JsonIgnore]
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The file's bytes.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>
    /// Reads a file. Throws <see cref="ErrorKind.Corrupt"/>, naming <paramref name="where"/>, if it cannot be
    /// read, <see cref="ErrorKind.Invalid"/> for a version that this program does not know.
    /// </summary>
    public static BackupManifest Decode(ReadOnlySpan<byte> bytes, string where)
    {
        FormatVersion.RequireInJson(where, bytes, VersionCurrent, VersionCurrent);
        try
        {
            BackupManifest manifest = JsonSerializer.Deserialize<BackupManifest>(bytes, Json)
                ?? throw new JsonException("it is null");
            if (manifest.Files.IsDefault || manifest.Gaps.IsDefault
                || manifest.Files.Any(file => file is null || file.Bytes < 0
                    || !ContentHash.TryParse(file.Sha256, out _))
                || manifest.Files.Select(file => file.Path).Distinct(StringComparer.Ordinal).Count()
                    != manifest.Files.Length)
                throw new JsonException("its list of files is none");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new TsDbException(ErrorKind.Corrupt, $"{where} cannot be read: {JsonFault.Describe(e)}", e);
        }
    }
}
