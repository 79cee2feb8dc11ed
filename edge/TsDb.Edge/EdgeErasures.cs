using System.Collections.Immutable;
using TsDb.Adapters.Http.Erasure;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Compaction;

namespace TsDb.Edge;

/// <summary>Erasures as an edge has heard of them: only the cluster makes them.</summary>
internal sealed class EdgeErasures(EdgeStore store, Compactor compactor) : IErasureDesk
{
    /// <summary>Files that may have rows of final tombstones yet; what is not sealed counts as one.</summary>
    public long FilesLeft
    {
        get
        {
            using StoreLease lease = store.Acquire();
            return compactor.FilesToPurge
                + (PurgePolicy.HasHot(lease.Version, store.Tombstones.Erasures) ? 1 : 0);
        }
    }

    public Erasures Current => store.Tombstones.Erasures;

    public Task<ImmutableArray<Column>?> ColumnsAsync(TableId table, CancellationToken ct) => throw NotHere();

    public Task<long> EraseAsync(
        TableId table, ImmutableArray<TagCondition> where, long beforeNanoseconds, CancellationToken ct) =>
        throw NotHere();

    public Task MakeFinalAsync(long number, CancellationToken ct) => throw NotHere();

    public Task LiftAsync(long number, CancellationToken ct) => throw NotHere();

    public Task<ErasureReceipt> ReceiptAsync(CancellationToken ct) => Task.FromResult(new ErasureReceipt(
        [], [new ErasureParty(
            store.Id.Value, store.Tombstones.KeptNumber, FilesLeft, IsReachable: true)]));

    private static TsDbException NotHere() => new(
        ErrorKind.Conflict,
        "points are erased in the whole cluster: ask a cloud node (--url http://...:8088), and the edges "
        + "follow; an edge without a cluster erases nothing");
}
