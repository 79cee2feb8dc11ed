using System.Collections.Concurrent;
using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Analysis;
using TsDb.Query.Catalog;
using TsDb.Storage;
using TsDb.Storage.Catalog;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// The tables of a store as SQL sees them. What was resolved for a table is kept while its schema, its
/// segments and the ledger are the same objects: commits that bring only rows change none of them.
/// </summary>
internal sealed class LocalTables
{
    private const string DatabaseDefault = "default";
    private const int TablesMax = 10_000;

    private readonly ConcurrentDictionary<TableId, Known> _known = new();

    /// <summary>
    /// The table that a name means: the exact one first, then without regard to case. Throws
    /// <see cref="ErrorKind.NotFound"/> for an unknown database or table.
    /// </summary>
    public static TableId Find(StoreVersion version, TableName name, string database)
    {
        string wanted = name.Database ?? database;
        TableId exact = new(wanted, name.Table);
        if (version.Schemas.Find(exact) is not null || version.Find(exact) is not null) return exact;
        TableId[] all = [.. version.Schemas.All.Select(schema => schema.Table).Concat(version.Tables.Keys)];
        TableId[] inside = [.. all.Where(table => table.Database == wanted)];
        if (inside.Length == 0) inside = [.. all.Where(table => IsSame(table.Database, wanted))];
        if (inside.Length == 0 && !IsSame(wanted, DatabaseDefault))
            throw new TsDbException(ErrorKind.NotFound, $"database not found: \"{wanted}\"");
        return inside.FirstOrDefault(table => table.Table == name.Table)
            ?? inside.FirstOrDefault(table => IsSame(table.Table, name.Table))
            ?? throw new TsDbException(ErrorKind.NotFound, $"table not found: {wanted}.{name.Table}");
    }

    /// <summary>
    /// Throws <see cref="ErrorKind.NotFound"/> if no table is in the database; the default one is always
    /// there.
    /// </summary>
    public static void RequireDatabase(StoreVersion version, string database)
    {
        if (IsSame(database, DatabaseDefault)) return;
        IEnumerable<TableId> all =
            version.Schemas.All.Select(schema => schema.Table).Concat(version.Tables.Keys);
        if (!all.Any(table => IsSame(table.Database, database)))
            throw new TsDbException(ErrorKind.NotFound, $"database not found: \"{database}\"");
    }

    /// <summary>The rows of a list. Throws <see cref="ErrorKind.NotFound"/> for an unknown
    /// database.</summary>
    public Relation.Rows List(StoreVersion version, Listing listing, string ownDatabase)
    {
        string? database = listing.Of(ownDatabase);
        if (database is not null) RequireDatabase(version, database);
        TableId[] all =
            [.. version.Schemas.All.Select(schema => schema.Table).Concat(version.Tables.Keys).Distinct()];
        return ListingRows.Of(
            listing,
            all.Select(table => table.Database).Append(DatabaseDefault),
            all.Where(table => database is not null && IsSame(table.Database, database))
                .Select(table => Resolve(version, table)));
    }

    /// <summary>The columns of a table, over its schema and all its segments.</summary>
    public ResolvedTable Resolve(StoreVersion version, TableId table) => Know(version, table).Resolved;

    /// <summary>The days whose rows retention dropped here, one entry a day.</summary>
    public ImmutableArray<Day> Expired(StoreVersion version, TableId table) => Know(version, table).Expired;

    private static bool IsSame(string one, string other) =>
        one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private Known Know(StoreVersion version, TableId table)
    {
        TableSchema? schema = version.Schemas.Find(table);
        IReadOnlyList<SegmentRef>? segments = version.Find(table)?.Segments;
        object ledger = version.Catalog.Ledger;
        if (_known.TryGetValue(table, out Known? known) && known.Schema == schema
            && known.Segments == segments
            && known.Ledger == ledger)
            return known;
        ResolvedTable resolved = TypeResolver.Resolve(
            table, schema is null ? [] : [schema], (segments ?? []).Select(segment => segment.Manifest));
        ImmutableArray<Day> expired =
        [
            .. version.Catalog.Ledger.Where(leaf => leaf.Key.Cell.Table == table
                && leaf.Value.Presence is LeafPresence.Expired).Select(leaf => leaf.Key.Cell.Day).Distinct(),
        ];
        if (_known.Count >= TablesMax) _known.Clear();
        return _known[table] = new Known(schema, segments, ledger, resolved, expired);
    }

    private sealed record Known(
        TableSchema? Schema,
        IReadOnlyList<SegmentRef>? Segments,
        object Ledger,
        ResolvedTable Resolved,
        ImmutableArray<Day> Expired);
}
