using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Analysis;

namespace TsDb.Query.Distributed;

/// <summary>Which table a name means: the exact one first, then one that differs by case only.</summary>
internal sealed class TableFinder(ClusterView view, IReadOnlyList<HeardNode> heard, CatalogCache cache)
{
    /// <summary>
    /// The table, resolved from all columns that were heard of. Throws <see cref="ErrorKind.NotFound"/>, or
    /// <see cref="ErrorKind.Unavailable"/> if it may be on shards that did not answer.
    /// </summary>
    public ResolvedTable Find(TableName name, QueryRequest request, IReadOnlyList<ShardId> unheard) =>
        Find(IdOf(name, request, unheard), []);

    /// <summary>The table with these columns beside those that were heard of.</summary>
    public ResolvedTable Find(TableId table, IReadOnlyList<Column> more)
    {
        List<ImmutableArray<Column>> said = [];
        foreach (HeardNode node in heard)
            if (node.Tables.TryGetValue(table, out NodeTable? known)) said.Add(known.Columns);
        if (more.Count > 0) said.Add([.. more]);
        return cache.Resolve(table, said);
    }

    /// <summary>The table that a name means. Errors as <see cref="Find(TableName, QueryRequest,
    /// IReadOnlyList{ShardId})"/>.</summary>
    public TableId IdOf(TableName name, QueryRequest request, IReadOnlyList<ShardId> unheard)
    {
        string database = name.Database ?? request.Database;
        TableId exact = new(database, name.Table);
        foreach (HeardNode node in heard)
            if (node.Tables.ContainsKey(exact)) return exact;
        TableId[] found =
        [
            .. heard.SelectMany(node => node.Tables.Keys).Distinct()
                .Where(table => table.Database.Equals(database, StringComparison.OrdinalIgnoreCase)
                    && table.Table.Equals(name.Table, StringComparison.OrdinalIgnoreCase))
                .OrderByDescending(table => table.Database == database)
                .ThenByDescending(table => table.Table == name.Table)
                .ThenBy(table => table),
        ];
        if (found.Length > 0) return found[0];
        if (unheard.Count > 0)
        {
            throw new TsDbException(
                ErrorKind.Unavailable,
                $"table '{name}' is on no node that answers, and {unheard.Count} shards lack live owners")
            {
                RetryAfter = TimeSpan.FromSeconds(2),
            };
        }

        RequireDatabase(database);
        throw new TsDbException(ErrorKind.NotFound, $"table '{name.Table}' is not in database '{database}'");
    }

    /// <summary>Throws <see cref="ErrorKind.NotFound"/> if no node knows the database.</summary>
    public void RequireDatabase(string database)
    {
        if (heard.SelectMany(node => node.Databases).Concat(view.Databases)
            .Any(known => known.Equals(database, StringComparison.OrdinalIgnoreCase))) return;
        throw new TsDbException(
            ErrorKind.NotFound, $"database '{database}' does not exist: the first write to it creates it");
    }
}
