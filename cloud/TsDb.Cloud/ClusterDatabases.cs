using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Cloud;

/// <summary>Databases as the whole cluster knows them.</summary>
internal sealed class ClusterDatabases(CloudRooms rooms) : IDatabaseDesk
{
    private readonly RaftClusterState _cluster = rooms.Cluster;

    public string Keeper => "cluster";

    // Settings of all, and those that have points here and no settings.
    public IReadOnlyList<DatabaseSettings> All =>
    [
        .. (_cluster.Current?.Databases.Keys ?? [])
            .Concat(rooms.Store.Current.Tables.Keys.Select(table => table.Database))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(name => _cluster.Current?.Databases.GetValueOrDefault(name)
                ?? DatabaseSettings.Of(name)),
    ];

    public async Task<IReadOnlyCollection<string>?> TablesAsync(string database, CancellationToken ct)
    {
        string[] tables =
            [.. (await new ClusterTables(rooms).ListAsync(database, ct)).Keys.Select(table => table.Table)];
        return tables.Length > 0 || _cluster.Current?.Databases.ContainsKey(database) == true ? tables : null;
    }

    public Task CreateAsync(string database, CancellationToken ct) => _cluster.ChangeAsync(
        new ClusterCommand.CreateDatabase(database), now => now.Databases.ContainsKey(database), ct);

    public Task SetAsync(string database, string? table, TimeSpan? retention, CancellationToken ct) =>
        _cluster.ChangeAsync(
            new ClusterCommand.SetRetention(database, table, retention, _cluster.ClockNanoseconds),
            now => now.Databases.GetValueOrDefault(database) is { } set
                && (table is null ? set.Retention == retention
                    : set.Find(table) is { } own && own.Retention == retention),
            ct);

    public Task DropAsync(string database, CancellationToken ct)
    {
        if (rooms.Store.Current.Tables.Keys.Any(table => table.Database == database))
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"'{database}' has points, and edges may hold more: set a retention, and drop it when they "
                + "are gone");
        }

        if (_cluster.Current?.Databases.ContainsKey(database) != true)
        {
            throw new TsDbException(
                ErrorKind.NotFound,
                $"nothing to drop: '{database}' was neither created in the cluster nor given a retention, "
                + "and this node has no points of it");
        }

        return _cluster.ChangeAsync(
            new ClusterCommand.ForgetDatabase(database), now => !now.Databases.ContainsKey(database), ct);
    }
}
