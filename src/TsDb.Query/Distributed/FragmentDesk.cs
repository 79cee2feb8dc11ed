using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>Runs fragments over this node's replicas, each from one snapshot whose files stay until its rows
/// are
/// read.</summary>
public sealed class FragmentDesk(IReplicaSource replicas, ISqlEngine engine)
{
    // More than this goes as a stream.
    private const long QuickBytesMax = 1 << 20;

    /// <summary>
    /// The fragment's rows. Throws <see cref="ErrorKind.Conflict"/> if this node's catalog is not the one
    /// that was planned on, or lacks rows that were erased for good since then,
    /// <see cref="ErrorKind.Unavailable"/> if the node does not hear in time of erasures that the plan knows.
    /// </summary>
    public async Task<ISqlResult> RunAsync(FragmentRequest request, CancellationToken ct)
    {
        await replicas.HearErasuresAsync(request.Erasures, ct);
        IReplicaLease lease = replicas.Acquire();
        try
        {
            CatalogVersion version = new(replicas.Instance, lease.Number);
            if (!version.Covers(request.AtLeast))
            {
                throw new TsDbException(
                    ErrorKind.Conflict, "this node's catalog was opened anew since the query was planned");
            }

            RequireStates(request, lease);
            return new LeasedResult(await engine.ExecuteAsync(
                StatementOf(request, lease) with { TextRuns = request.Fragment.TextRuns }, ct), lease);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The fragment's rows if they are few and quickly made; null otherwise, as for whatever
    /// <see cref="RunAsync"/> would refuse or wait for.
    /// </summary>
    public async Task<EarlyRows?> TryQuickAsync(FragmentRequest request, CancellationToken ct)
    {
        using IReplicaLease lease = replicas.Acquire();
        CatalogVersion version = new(replicas.Instance, lease.Number);
        if (!version.Covers(request.AtLeast) || lease.Erasures < request.Erasures
            || !request.Exactly.IsEmpty) return null;
        try
        {
            await using ISqlResult? result = await engine.TryQuickAsync(StatementOf(request, lease), ct);
            if (result is null) return null;
            List<RecordBatch> batches = [];
            long bytes = 0;
            await foreach (RecordBatch batch in result.ReadAsync(ct))
            {
                batches.Add(batch);
                bytes += ExplainFigures.BytesOf(batch);
                if (bytes > QuickBytesMax) return null;
            }

            return new EarlyRows(version, result.Schema, batches);
        }
        catch (TsDbException)
        {
            // Said when the fragment is asked for.
            return null;
        }
    }

    private static SqlRequest StatementOf(FragmentRequest request, IReplicaLease lease)
    {
        PlannedFragment fragment = request.Fragment;
        bool[] shards = new bool[request.ShardCount];
        foreach (ShardId shard in request.Shards) shards[shard.Value] = true;
        HashSet<Cell> except = [.. request.Except];
        HashSet<Cell> also = [.. request.Also];
        TableSnapshot snapshot = lease.Snapshot(fragment.Table.Table, request.Erasures, cell =>
            fragment.Scope.Includes(cell)
            && ((shards[ShardId.Of(cell, shards.Length).Value] && !except.Contains(cell))
                || also.Contains(cell)));
        return new SqlRequest
        {
            Sql = fragment.Sql,
            Relations =
            [
                new Relation.Points(
                    fragment.RelationName, fragment.Table, snapshot,
                    lease.Mask(fragment.Table.Table, request.Erasures), fragment.Scope),
            ],
            Limits = request.Limits,
        };
    }

    private static void RequireStates(FragmentRequest request, IReplicaLease lease)
    {
        if (request.Exactly.IsEmpty) return;
        Dictionary<(EdgeId, Day), LeafDigest> states = lease.Cells(request.Fragment.Table.Table)
            .ToDictionary(fact => (fact.Edge, fact.Day), fact => fact.Digest);
        foreach ((Cell cell, LeafDigest digest) in request.Exactly)
        {
            if (states.GetValueOrDefault((cell.Edge, cell.Day)) == digest) continue;
            throw new TsDbException(
                ErrorKind.Conflict, $"cell {cell} has changed since it was held against its edge's state");
        }
    }

    private sealed class LeasedResult(ISqlResult result, IReplicaLease lease) : ISqlResult
    {
        public Schema Schema => result.Schema;

        public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken ct) => result.ReadAsync(ct);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await result.DisposeAsync();
            }
            finally
            {
                lease.Dispose();
            }
        }
    }
}
