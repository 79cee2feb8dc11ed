using System.Text.Json;
using System.Text.Json.Serialization;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Erasure;

/// <summary>
/// What is erased, as an edge has heard it from its cluster. It is kept in the data directory, so that erased
/// points stay masked offline and over restarts. Safe for several threads; changes block on the disk.
/// </summary>
public sealed class TombstoneBook
{
    /// <summary>Name of the file, at the top of the data directory.</summary>
    public const string FileName = "tombstones.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private readonly IDisk _disk;
    private readonly Lock _gate = new();
    private Erasures _erasures;

    private long _kept;

    private TombstoneBook(IDisk disk, Erasures erasures) =>
        (_disk, _erasures, _kept) = (disk, erasures, erasures.Number);

    /// <summary>What is erased as far as this edge has heard.</summary>
    public Erasures Erasures => Volatile.Read(ref _erasures);

    /// <summary>The last change that would survive a crash.</summary>
    public long KeptNumber => Volatile.Read(ref _kept);

    /// <summary>
    /// Reads the file. Throws <see cref="ErrorKind.Corrupt"/> if it cannot be read: then this edge does not
    /// know what it must not show; <see cref="ErrorKind.Invalid"/> if a newer program wrote it.
    /// </summary>
    public static TombstoneBook Open(IDisk disk)
    {
        if (!disk.Exists(FileName)) return new TombstoneBook(disk, Erasures.None);
        byte[] bytes = new byte[disk.LengthOf(FileName)];
        using IDiskFile file = disk.Open(FileName);
        int length = 0;
        for (int read; (read = file.ReadAt(length, bytes.AsSpan(length))) > 0;) length += read;
        FormatVersion.RequireInJson(
            disk.FullPath(FileName),
            bytes.AsSpan(0, length),
            TombstonePage.VersionOldest,
            TombstonePage.VersionCurrent);
        try
        {
            TombstonePage page = JsonSerializer.Deserialize<TombstonePage>(bytes.AsSpan(0, length), Json)
                ?? throw new JsonException("it is null");
            return new TombstoneBook(disk, page.ToErasures());
        }
        catch (JsonException e)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} cannot be read ({JsonFault.Describe(e)}). It says which points "
                + "are erased and must not be seen: put it back; or remove it, and nothing is masked here "
                + "until the cluster is heard again",
                e);
        }
    }

    /// <summary>
    /// Takes over what the cluster says; an earlier word than the last is ignored. Returns once it survives a
    /// crash. Throws <see cref="ErrorKind.Unavailable"/> if the disk does not take it; it counts for queries
    /// all the same.
    /// </summary>
    public void Take(Erasures cluster)
    {
        lock (_gate)
        {
            if (cluster.Number > _erasures.Number) Volatile.Write(ref _erasures, cluster);
            if (_kept == _erasures.Number) return;
            try
            {
                Save(_erasures);
                Volatile.Write(ref _kept, _erasures.Number);
            }
            catch (IOException e)
            {
                throw new TsDbException(
                    ErrorKind.Unavailable, $"tombstones cannot be kept: {e.Message}", e);
            }
        }
    }

    private void Save(Erasures erasures)
    {
        const string temporary = FileName + ".new";
        _disk.Delete(temporary);
        using (IDiskFile file = _disk.Create(temporary))
        {
            file.Append(JsonSerializer.SerializeToUtf8Bytes(TombstonePage.Of(erasures), Json));
            file.Sync();
        }

        _disk.Rename(temporary, FileName);
        _disk.SyncDirectory("");
    }
}
