using TsDb.Adapters.Http.Databases;
using TsDb.Model;
using TsDb.Storage.Databases;

namespace TsDb.Tests.Adapters.Http;

/// <summary>Databases of a node that is alone, kept in memory.</summary>
internal sealed class BookDesk : IDatabaseDesk
{
    private readonly DatabaseBook _book = DatabaseBook.Open(new Simulation.Disk.FaultyDisk(1));

    public string Keeper => "edge";

    public IReadOnlyList<DatabaseSettings> All => _book.All;

    public Task<IReadOnlyCollection<string>?> TablesAsync(string database, CancellationToken ct) =>
        Task.FromResult<IReadOnlyCollection<string>?>(
            _book.All.Any(settings => settings.Name == database) ? ["t"] : null);

    public Task CreateAsync(string database, CancellationToken ct)
    {
        _book.Create(database);
        return Task.CompletedTask;
    }

    public Task SetAsync(string database, string? table, TimeSpan? retention, CancellationToken ct)
    {
        _book.Set(database, table, retention);
        return Task.CompletedTask;
    }

    public Task DropAsync(string database, CancellationToken ct)
    {
        _book.Forget(database);
        return Task.CompletedTask;
    }
}
