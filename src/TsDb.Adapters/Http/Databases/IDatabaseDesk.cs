using TsDb.Model;

namespace TsDb.Adapters.Http.Databases;

/// <summary>The databases that a node knows, and the way to change their settings.</summary>
public interface IDatabaseDesk
{
    /// <summary>Where the settings are kept: <c>cluster</c>, or the edge alone.</summary>
    string Keeper { get; }

    /// <summary>Every database with settings or points, by name.</summary>
    IReadOnlyList<DatabaseSettings> All { get; }

    /// <summary>Tables of a database that have points, at all nodes that answer; null if it has neither
    /// points nor settings.</summary>
    Task<IReadOnlyCollection<string>?> TablesAsync(string database, CancellationToken ct);

    /// <summary>
    /// Makes a database known, and returns once that survives a crash; nothing happens if it is known. Throws
    /// <see cref="ErrorKind.Invalid"/> for an impossible name, <see cref="ErrorKind.Unavailable"/> if it
    /// cannot be kept now.
    /// </summary>
    Task CreateAsync(string database, CancellationToken ct);

    /// <summary>
    /// Sets how long points of a database, or of one of its tables, are kept; null for ever. Errors as
    /// <see cref="CreateAsync"/>; <see cref="ErrorKind.Conflict"/> where another node has to be asked.
    /// </summary>
    Task SetAsync(string database, string? table, TimeSpan? retention, CancellationToken ct);

    /// <summary>
    /// Forgets a database. Throws <see cref="ErrorKind.NotFound"/> if there is none of that name,
    /// <see cref="ErrorKind.Conflict"/> while it has points.
    /// </summary>
    Task DropAsync(string database, CancellationToken ct);
}
