using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Replication.Cluster;

namespace TsDb.Cloud;

/// <summary>Which tables and columns the cluster has points of: no node has something of every
/// table.</summary>
internal sealed class ClusterTables(CloudRooms rooms)
{
    /// <summary>
    /// Columns of the tables of a database, each role and type once, as far as members answer. What edges
    /// have not shipped is not among them.
    /// </summary>
    public async Task<IReadOnlyDictionary<TableId, ImmutableArray<Column>>> ListAsync(
        string database, CancellationToken ct)
    {
        CatalogQuestion question = new([]) { Lists = [database] };
        ImmutableArray<Member> members = rooms.Cluster.Current?.Members ?? [];
        ImmutableArray<ListedTable>[] told = await Task.WhenAll(
            members.Select(member => AskAsync(member.Id, question, ct)));
        return told.SelectMany(tables => tables).Where(listed => listed.Table.Database == database)
            .GroupBy(listed => listed.Table)
            .ToDictionary(
                table => table.Key,
                table => table.SelectMany(listed => listed.Columns).Distinct().ToImmutableArray());
    }

    // A member that does not answer has copies elsewhere, mostly.
    private async Task<ImmutableArray<ListedTable>> AskAsync(
        NodeId node, CatalogQuestion question, CancellationToken ct)
    {
        if (!rooms.Cluster.IsLive(node)) return [];
        try
        {
            return (await rooms.Catalogs.AskAsync(node, question, ct)).Listed;
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Closed)
        {
            return [];
        }
    }
}
