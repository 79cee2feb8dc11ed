using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Model;
using TsDb.Storage;

namespace TsDb.Edge;

/// <summary>
/// Databases as an edge knows them: its own while it is alone; with an uplink the cluster's, which it may add
/// to.
/// </summary>
internal sealed class EdgeDatabases(EdgeStore store, ShipService? ship, int databasesMax) : IDatabaseDesk
{
    public string Keeper => store.Databases.IsOfCluster ? "cluster" : "edge";

    // Settings, and those that have points here and no settings.
    public IReadOnlyList<DatabaseSettings> All
    {
        get
        {
            DatabaseSettings[] settings = [.. store.Databases.All];
            return
            [
                .. settings.Concat(store.Schemas.Databases.Except(settings.Select(s => s.Name))
                    .Select(DatabaseSettings.Of)).OrderBy(s => s.Name, StringComparer.Ordinal),
            ];
        }
    }

    public Task<IReadOnlyCollection<string>?> TablesAsync(string database, CancellationToken ct) =>
        Task.FromResult<IReadOnlyCollection<string>?>(All.All(settings => settings.Name != database) ? null
            : [.. store.Schemas.Tables(database).Select(schema => schema.Table.Table)]);

    public async Task CreateAsync(string database, CancellationToken ct)
    {
        // Else a client whose first step this is would learn of the limit by its points only.
        if (All.Count >= databasesMax && All.All(settings => settings.Name != database))
        {
            throw new TsDbException(
                ErrorKind.Invalid,
                $"this node has its {databasesMax} databases, more are not allowed (--databases-max)");
        }

        await Task.Run(() => store.Databases.Create(database), ct);
        ship?.SegmentsChanged();
    }

    public async Task SetAsync(string database, string? table, TimeSpan? retention, CancellationToken ct)
    {
        RequireOwn();
        await Task.Run(() => store.Databases.Set(database, table, retention), ct);
    }

    public async Task DropAsync(string database, CancellationToken ct)
    {
        RequireOwn();
        if (store.Databases.All.All(settings => settings.Name != database))
            throw new TsDbException(ErrorKind.NotFound, $"this edge has no settings of '{database}'");
        using (StoreLease lease = store.Acquire())
        {
            if (lease.Version.Tables.Keys.Any(table => table.Database == database))
            {
                throw new TsDbException(
                    ErrorKind.Conflict,
                    $"'{database}' has points: set a retention, and drop it when they are gone");
            }
        }

        await Task.Run(() => store.Databases.Forget(database), ct);
    }

    private void RequireOwn()
    {
        if (ship is null && !store.Databases.IsOfCluster) return;
        throw new TsDbException(
            ErrorKind.Conflict,
            "this edge belongs to a cluster: ask a cloud node (--url http://...:8088), and the edges follow");
    }
}
