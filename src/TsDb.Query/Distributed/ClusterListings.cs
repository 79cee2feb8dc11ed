using TsDb.Model;
using TsDb.Query.Catalog;

namespace TsDb.Query.Distributed;

/// <summary>The lists that a statement reads, from what the nodes said of their catalogs.</summary>
internal sealed class ClusterListings(ClusterView view, IReadOnlyList<HeardNode> heard, TableFinder finder)
{
    private const string DatabaseDefault = "default";

    /// <summary>The rows of a list. Throws <see cref="ErrorKind.NotFound"/> for an unknown
    /// database.</summary>
    public Relation.Rows Rows(Listing listing, string ownDatabase)
    {
        string? database = listing.Of(ownDatabase);
        if (database is not null && !IsSame(database, DatabaseDefault)) finder.RequireDatabase(database);
        IEnumerable<string> databases =
            heard.SelectMany(node => node.Databases).Concat(view.Databases).Append(DatabaseDefault);
        IEnumerable<ResolvedTable> tables = heard.SelectMany(node => node.Listed)
            .Where(listed => database is not null && IsSame(listed.Table.Database, database))
            .GroupBy(listed => listed.Table)
            .Select(table => TypeResolver.Resolve(table.Key, table.SelectMany(listed => listed.Columns)));
        return ListingRows.Of(listing, databases, tables);
    }

    private static bool IsSame(string one, string other) =>
        one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
