using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Replication.Cluster;
using TsDb.Replication.Ports;
using TsDb.Replication.Receiving;
using TsDb.Replication.Repair;

namespace TsDb.Replication.Serving;

/// <summary>A cloud node's replicas as queries see them.</summary>
/// <param name="store">The leaves on disk.</param>
/// <param name="cluster">Says which incarnation of an edge is newer, and how many shards there are.</param>
/// <param name="keeper">Verifies and stores what is fetched for a query.</param>
/// <param name="fetcher">Gets leaves from other owners.</param>
/// <param name="instance">Made anew whenever the store is opened.</param>
/// <param name="clock">Bounds how long is waited for news of the cluster.</param>
public sealed class ReplicaSource(
    ReplicaStore store,
    IClusterState cluster,
    LeafKeeper keeper,
    LeafFetcher fetcher,
    Guid instance,
    TimeProvider clock) : IReplicaSource
{
    private readonly NotWholeShards _notWhole = new(store, cluster.Self);

    /// <summary>Where verifying and storing run, which block; the thread pool unless it is said.</summary>
    public TaskScheduler Workers { get; init; } = TaskScheduler.Default;

    /// <summary>Reads a stored file and sets it aside if it is damaged, which it tells by false.</summary>
    public Func<StoredFile, bool> Scrub { get; init; } = store.Scrub;

    /// <inheritdoc/>
    public Guid Instance => instance;

    /// <inheritdoc/>
    public ImmutableArray<ShardId> Recovering =>
        cluster.Current is { } current ? _notWhole.Under(current) : [];

    /// <inheritdoc/>
    public IReplicaLease Acquire() => new Lease(store.Acquire(), cluster.Current ?? throw new TsDbException(
        ErrorKind.Unavailable, "this node belongs to no cluster yet: ask again later"));

    /// <inheritdoc/>
    public Task HearErasuresAsync(long number, CancellationToken ct) => Erasing.HearAsync(
        cluster.Self.Value, () => cluster.Current?.Erasures.Number ?? 0, number, clock, ct);

    /// <inheritdoc/>
    public async Task FetchAsync(ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct)
    {
        foreach (Leaf leaf in leaves)
        {
            if (store.Current.Find(leaf) is not null) continue;
            TransferredLeaf fetched = await fetcher.FetchAsync(source, leaf, ct);

            ReceiveEvent.Finished kept = await Task.Factory.StartNew(
                () => keeper.Keep([fetched], areHeld: true)[0], ct, TaskCreationOptions.None, Workers);
            if (kept.Outcome is ReceiveOutcome.Stored or ReceiveOutcome.AlreadyPresent) continue;
            throw new TsDbException(
                ErrorKind.Unavailable,
                    $"leaf {leaf} of {source} cannot be kept: {kept.Outcome} {kept.Reason}");
        }
    }

    /// <inheritdoc/>
    public Task<bool> CheckAsync(SegmentRef segment) => Task.Factory.StartNew(
        () => store.Current.Find(segment.Manifest.Cell)?.Files.FirstOrDefault(
            file => segment.Path.EndsWith(file.Path, StringComparison.Ordinal)) is { } file && Scrub(file)
                && store.Current.Holds(file),
        CancellationToken.None, TaskCreationOptions.None, Workers);

    private sealed class Lease(ReplicaLease lease, ClusterConfiguration configuration) : IReplicaLease
    {
        public long Number => lease.Version.Number;

        public IEnumerable<TableId> Tables => lease.Version.Tables.Keys;

        public long LastLoss => lease.Version.LastLoss;

        public object? Stamp(TableId table) => lease.Version.Tables.GetValueOrDefault(table);

        public ImmutableArray<Column> Columns(TableId table) =>
            lease.Version.Tables.GetValueOrDefault(table)?.Columns ?? [];

        public IEnumerable<CellFact> Cells(TableId table)
        {
            if (!lease.Version.Tables.TryGetValue(table, out TableLeaves? leaves)) yield break;
            foreach (CellLeaves cell in leaves.Cells.Values)
                yield return new CellFact(cell.Cell.Edge, cell.Cell.Day, cell.Digest, cell.Range);
        }

        public IEnumerable<Leaf> Leaves(Cell cell) =>
            lease.Version.Find(cell)?.Leaves ?? [];

        public long Erasures => configuration.Erasures.Number;

        public Epoch Epoch => configuration.Epoch;

        public PointMask Mask(TableId table, long erasures) =>
            PointMask.Of(configuration.Erasures, table, erasures);

        public TableSnapshot Snapshot(TableId table, long erasures, Func<Cell, bool> includes) =>
            lease.Snapshot(table, configuration, cell => includes(cell), TimeRange.All, erasures);

        public void Dispose() => lease.Dispose();
    }
}
