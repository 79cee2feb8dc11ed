using System.Collections.Immutable;
using TsDb.Adapters.Http.Erasure;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;
using TsDb.Replication.Receiving;
using TsDb.Replication.Serving;

namespace TsDb.Cloud;

/// <summary>Erasures as the whole cluster knows them.</summary>
internal sealed class ClusterErasures(CloudRooms rooms) : IErasureDesk
{
    private readonly RaftClusterState _cluster = rooms.Cluster;

    public Erasures Current => _cluster.Current?.Erasures ?? Erasures.None;

    public async Task<ImmutableArray<Column>?> ColumnsAsync(TableId table, CancellationToken ct) =>
        (await new ClusterTables(rooms).ListAsync(table.Database, ct)).TryGetValue(
            table, out ImmutableArray<Column> columns) ? columns : null;

    public async Task<long> EraseAsync(
        TableId table, ImmutableArray<TagCondition> where, long beforeNanoseconds, CancellationToken ct)
    {
        if (Find(Current) is { } known) return known.Number;
        if (!Current.HasRoomFor(table, where))
        {
            throw new TsDbException(
                ErrorKind.Conflict,
                $"the conditions are too long, or there is no room for more tombstones (up to "
                + $"{Erasures.InForceMax} in force): lift some that are of no more use");
        }

        await _cluster.ChangeAsync(
            new ClusterCommand.Erase(table.Database, table.Table, where, beforeNanoseconds),
            now => Find(now.Erasures) is not null,
            ct);
        return Find(Current)?.Number ?? throw new TsDbException(
            ErrorKind.Conflict, "the tombstone was lifted at the same time by somebody else");

        Tombstone? Find(Erasures erasures) => erasures.Tombstones.FirstOrDefault(t => t.LiftedBy is null
            && t.Table == table && t.BeforeNanoseconds == beforeNanoseconds && t.Where.SequenceEqual(where));
    }

    public async Task MakeFinalAsync(long number, CancellationToken ct)
    {
        if (Require(number).FinalBy is not null) return;
        await _cluster.ChangeAsync(
            new ClusterCommand.MakeErasureFinal(number),
            now => now.Erasures.InForce(number) is not { FinalBy: null },
            ct);
        _ = Require(number);
    }

    public async Task LiftAsync(long number, CancellationToken ct)
    {
        RequireLiftable();
        await _cluster.ChangeAsync(
            new ClusterCommand.LiftErasure(number),
            now => now.Erasures.InForce(number) is not { FinalBy: null },
            ct);
        if (Current.InForce(number) is not null) RequireLiftable();

        void RequireLiftable()
        {
            if (Require(number).FinalBy is null) return;
            throw new TsDbException(
                ErrorKind.Conflict,
                $"tombstone {number} is final: what it masks is removed from disk and cannot come back");
        }
    }

    private Tombstone Require(long number) => Current.InForce(number)
        ?? throw new TsDbException(ErrorKind.NotFound, $"no tombstone {number} is in force");

    public async Task<ErasureReceipt> ReceiptAsync(CancellationToken ct)
    {
        ClusterConfiguration current = _cluster.Current ?? throw new TsDbException(
            ErrorKind.Unavailable, "this node is not in a cluster yet");
        ErasureWord?[] words = await Task.WhenAll(current.Members.Select(member => AskAsync(member.Id, ct)));
        Dictionary<EdgeId, EdgeSeen> seen = rooms.Receiving.Status.Edges.ToDictionary(edge => edge.Edge);
        return new ErasureReceipt(
            [
                .. current.Members.Select((member, i) => new ErasureParty(
                    member.Id.Value, words[i]?.Number, words[i]?.FilesLeft, _cluster.IsLive(member.Id))),
            ],
            [
                .. current.Edges.Keys.Select(edge => new ErasureParty(
                    edge.Value, Newest(words, edge)?.Number, Newest(words, edge)?.FilesLeft,
                    seen.GetValueOrDefault(edge)?.IsOnline == true)),
            ]);
    }

    // Null if it gives no answer: the receipt says so.
    private async Task<ErasureWord?> AskAsync(NodeId node, CancellationToken ct)
    {
        if (node == _cluster.Self) return rooms.Erasures.Word;
        if (!_cluster.IsLive(node)) return null;
        try
        {
            return await rooms.Peers.ErasuresAsync(node, ct);
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Closed)
        {
            return null;
        }
    }

    // Of two with the same number the one with fewer files left is mostly the later.
    private static EdgeErasureWord? Newest(ErasureWord?[] words, EdgeId edge)
    {
        EdgeErasureWord[] said =
        [
            .. words.Where(word => word?.Edges.ContainsKey(edge) == true).Select(word => word!.Edges[edge])
                .OrderByDescending(word => word.Number).ThenBy(word => word.FilesLeft ?? long.MaxValue),
        ];
        return said.Length == 0 ? null : said[0];
    }
}
