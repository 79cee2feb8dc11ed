using System.Collections.Immutable;
using System.Text.Json;
using TsDb.Model;
using TsDb.Storage.Ports;

namespace TsDb.Storage.Databases;

/// <summary>
/// The settings of databases that an edge keeps in its data directory: its own while it is alone, the
/// cluster's once it has heard them, so that they hold offline and over restarts too. Safe for several
/// threads; changes block on the disk.
/// </summary>
public sealed class DatabaseBook
{
    /// <summary>Name of the file, at the top of the data directory.</summary>
    public const string FileName = "databases.json";

    private const int VersionCurrent = 1;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly IDisk _disk;
    private readonly Lock _gate = new();
    private DatabasePage _page;

    private DatabaseBook(IDisk disk, DatabasePage page) => (_disk, _page) = (disk, page);

    /// <summary>Every database with settings, by name.</summary>
    public ImmutableArray<DatabaseSettings> All => Volatile.Read(ref _page).Databases;

    /// <summary>True once a cluster's settings were heard: then they are the cluster's to change.</summary>
    public bool IsOfCluster => Volatile.Read(ref _page).Revision is not null;

    /// <summary>Databases made here that the cluster has not named yet.</summary>
    public ImmutableArray<string> Asked => Volatile.Read(ref _page).Asked;

    /// <summary>
    /// Reads the file. Throws <see cref="ErrorKind.Corrupt"/> if it cannot be read,
    /// <see cref="ErrorKind.Invalid"/> if a newer program wrote it.
    /// </summary>
    public static DatabaseBook Open(IDisk disk)
    {
        if (!disk.Exists(FileName)) return new DatabaseBook(disk, DatabasePage.Empty);
        byte[] bytes = new byte[disk.LengthOf(FileName)];
        using IDiskFile file = disk.Open(FileName);
        int length = 0;
        for (int read; (read = file.ReadAt(length, bytes.AsSpan(length))) > 0;) length += read;
        FormatVersion.RequireInJson(
            disk.FullPath(FileName), bytes.AsSpan(0, length), VersionCurrent, VersionCurrent);
        try
        {
            return new DatabaseBook(
                disk,
                JsonSerializer.Deserialize<DatabasePage>(bytes.AsSpan(0, length), Json)
                    ?? throw new JsonException("it is null"));
        }
        catch (JsonException e)
        {
            throw new TsDbException(
                ErrorKind.Corrupt,
                $"{disk.FullPath(FileName)} cannot be read ({JsonFault.Describe(e)}): remove it, and set the "
                + "databases anew",
                e);
        }
    }

    /// <summary>
    /// Days of a table that end before this are gone, by what the cluster said or, alone, by this edge's
    /// clock. long.MinValue if none are.
    /// </summary>
    public long HorizonOf(TableId table, DateTimeOffset now)
    {
        DatabasePage page = Volatile.Read(ref _page);
        if (page.Databases.FirstOrDefault(d => d.Name == table.Database) is not { } settings)
            return DatabaseSettings.NoHorizon;
        if (page.Revision is not null) return settings.HorizonOf(table.Table);
        long nanoseconds = (now - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return settings.At(nanoseconds).HorizonOf(table.Table);
    }

    /// <summary>
    /// Makes a database known; nothing happens if it is. Returns once it survives a crash. Throws
    /// <see cref="ErrorKind.Unavailable"/> if the disk does not take it.
    /// </summary>
    public void Create(string name) => Change(page =>
    {
        if (page.Databases.Any(d => d.Name == name)) return page;
        return page.With(DatabaseSettings.Of(name)) with { Asked = page.Asked.Add(name) };
    });

    /// <summary>Sets a retention of an edge that is alone. Errors as <see cref="Create"/>.</summary>
    public void Set(string name, string? table, TimeSpan? retention) => Change(page =>
        page.With((page.Databases.FirstOrDefault(d => d.Name == name) ?? DatabaseSettings.Of(name))
            .WithRetention(table, retention)));

    /// <summary>Forgets a database of an edge that is alone. Errors as <see cref="Create"/>.</summary>
    public void Forget(string name) => Change(page => page with
    {
        Databases = [.. page.Databases.Where(d => d.Name != name)],
        Asked = page.Asked.Remove(name),
    });

    /// <summary>
    /// Takes over what the cluster says; an earlier word than the last is ignored. Databases made here that
    /// it does not name stay, and are asked for. Errors as <see cref="Create"/>.
    /// </summary>
    public void Take(long revision, ImmutableArray<DatabaseSettings> cluster) => Change(page =>
    {
        if (page.Revision > revision) return page;
        ImmutableArray<string> asked =
            [.. page.Asked.Where(name => cluster.All(settings => settings.Name != name))];
        DatabasePage next = page with
        {
            Revision = revision,
            Asked = asked,
            Databases =
            [
                .. cluster.Concat(page.Databases.Where(d => asked.Contains(d.Name)))
                    .OrderBy(d => d.Name, StringComparer.Ordinal),
            ],
        };
        return next.IsSameAs(page) ? page : next;
    });

    private void Change(Func<DatabasePage, DatabasePage> change)
    {
        lock (_gate)
        {
            DatabasePage next = change(_page);
            if (ReferenceEquals(next, _page)) return;
            try
            {
                Save(next);
            }
            catch (IOException e)
            {
                throw new TsDbException(
                    ErrorKind.Unavailable, $"the settings of databases cannot be kept: {e.Message}", e);
            }

            Volatile.Write(ref _page, next);
        }
    }

    private void Save(DatabasePage page)
    {
        const string temporary = FileName + ".new";
        _disk.Delete(temporary);
        using (IDiskFile file = _disk.Create(temporary))
        {
            file.Append(JsonSerializer.SerializeToUtf8Bytes(page with { Version = VersionCurrent }, Json));
            file.Sync();
        }

        _disk.Rename(temporary, FileName);
        _disk.SyncDirectory("");
    }
}
