using System.Collections.Immutable;
using System.Text.Json;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Storage.Backup;
using TsDb.Storage.Ports;

namespace TsDb.Replication.Backup;

/// <summary>
/// What a backup of a cloud node says of its cluster: the file <c>restored.json</c> of a directory that was
/// made of it, until that directory is in a cluster again. Immutable.
/// </summary>
public sealed record RestoredNode
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "restored.json";

    private const int VersionCurrent = 1;

    /// <summary>Version of the format.</summary>
    public int Version { get; init; } = VersionCurrent;

    /// <summary>The directory that the backup was taken of.</summary>
    public required Guid DirectoryId { get; init; }

    /// <summary>Place in the cluster's log up to which the configuration was known there.</summary>
    public required long LogIndex { get; init; }

    /// <summary>
    /// Shards that the directory owned and that counted in quorums, with the epoch from which on they did.
    /// </summary>
    public required ImmutableArray<ShardArrival> Whole { get; init; }

    /// <summary>The cluster's configuration.</summary>
    public required ClusterConfiguration Configuration { get; init; }

    /// <summary>What a seed says of it.</summary>
    public RestoredSeed Seed => new(DirectoryId, Configuration.Id, Configuration.Epoch, LogIndex);

    /// <summary>
    /// Reads the file; null if it is not there. Throws <see cref="ErrorKind.Corrupt"/> if it cannot be read,
    /// <see cref="ErrorKind.Invalid"/> if a newer program wrote it.
    /// </summary>
    public static RestoredNode? Read(IDisk disk)
    {
        if (FileBytes.ReadAll(disk, FileName) is not { } bytes) return null;
        FormatVersion.RequireInJson(disk.FullPath(FileName), bytes, VersionCurrent, VersionCurrent);
        try
        {
            return JsonSerializer.Deserialize<RestoredNode>(bytes, ClusterJson.Options)
                ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or FormatException)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} cannot be read ({JsonFault.Describe(e)}): restore the directory "
                + "again", e);
        }
    }

    /// <summary>The file's bytes.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, ClusterJson.Options);
}
