using System.Runtime.CompilerServices;
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

    /// <summary>Moments that fresh queries were told; null if none is kept.</summary>
    public HeldMoments? Held { get; init; }

    /// <summary>
    /// The fragment's rows. Throws <see cref="ErrorKind.Conflict"/> if this node's catalog is not the one
    /// that was planned on, or lacks rows that were erased for good since then,
    /// <see cref="ErrorKind.Unavailable"/> if the node does not hear in time of erasures that the plan knows,
    /// or cannot read what it stored: it says which file, without its folder, and has looked at it.
    /// </summary>
    public async Task<ISqlResult> RunAsync(FragmentRequest request, CancellationToken ct)
    {
        await replicas.HearErasuresAsync(request.Erasures, ct);
        (IReplicaLease lease, IDisposable use) = Acquire(request);
        try
        {
            CatalogVersion version = new(replicas.Instance, lease.Number);
            if (!version.Covers(request.AtLeast))
            {
                throw new TsDbException(
                    ErrorKind.Conflict, "this node's catalog was opened anew since the query was planned");
            }

            if (HasLost(request, lease))
                throw new TsDbException(ErrorKind.Unavailable, "a damaged file of it was just set aside");
            RequireStates(request, lease);
            SqlRequest statement = StatementOf(request, lease) with
            {
                TextRuns = request.Fragment.TextRuns,
                ShortIntegers = request.Fragment.ShortIntegers,
            };
            try
            {
                return new LeasedResult(
                    await engine.ExecuteAsync(statement, ct), use, e => ExplainAsync(statement, e));
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Corrupt)
            {
                throw await ExplainAsync(statement, e);
            }
        }
        catch
        {
            use.Dispose();
            throw;
        }
    }

    // Exactly what was held against the states of edges, while that is kept; it masks what it knows of.
    private (IReplicaLease Lease, IDisposable Use) Acquire(FragmentRequest request)
    {
        if (!request.Exactly.IsEmpty && request.AtLeast.Instance == replicas.Instance
            && Held?.Find(request.AtLeast.Number) is { } held)
        {
            if (held.Lease.Erasures >= request.Erasures) return held;
            held.Use.Dispose();
        }

        IReplicaLease lease = replicas.Acquire();
        return (lease, lease);
    }

    /// <summary>
    /// The fragment's rows if they are few and quickly made; null otherwise, as for whatever
    /// <see cref="RunAsync"/> would refuse or wait for.
    /// </summary>
    public async Task<EarlyRows?> TryQuickAsync(FragmentRequest request, CancellationToken ct)
    {
        using IReplicaLease lease = replicas.Acquire();
        CatalogVersion version = new(replicas.Instance, lease.Number);
        if (!version.Covers(request.AtLeast) || HasLost(request, lease)
            || lease.Erasures < request.Erasures || !request.Exactly.IsEmpty) return null;
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

    // What was planned on may be gone from the catalog by now, and would be left out in silence.
    private static bool HasLost(FragmentRequest request, IReplicaLease lease) =>
        lease.LastLoss > request.AtLeast.Number;

    // What others are told: another owner is asked, and a person wants the file, not our statement and paths.
    private async Task<TsDbException> ExplainAsync(SqlRequest statement, TsDbException error)
    {
        SegmentRef? named = statement.Relations.OfType<Relation.Points>()
            .SelectMany(points => points.Snapshot.Segments)
            .FirstOrDefault(segment => error.Message.Contains(segment.Path, StringComparison.Ordinal));
        if (named is null)
            return new TsDbException(ErrorKind.Unavailable, "a stored file of it could not be read", error);
        string file = $"{named.Path[(named.Path.LastIndexOf('/') + 1)..]} of cell {named.Manifest.Cell}";
        return new TsDbException(
            ErrorKind.Unavailable,
            await replicas.CheckAsync(named)
                ? $"its file {file} could not be read for a moment"
                : $"its file {file} is damaged, and set aside until it is here again",
            error);
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

    private sealed class LeasedResult(
        ISqlResult result, IDisposable use, Func<TsDbException, Task<TsDbException>> explain) : ISqlResult
    {
        public Schema Schema => result.Schema;

        public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken ct)
        {
            await using IAsyncEnumerator<RecordBatch> rows = result.ReadAsync(ct).GetAsyncEnumerator(ct);
            while (await MoveNextAsync(rows)) yield return rows.Current;
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await result.DisposeAsync();
            }
            finally
            {
                use.Dispose();
            }
        }

        private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> rows)
        {
            try
            {
                return await rows.MoveNextAsync();
            }
            catch (TsDbException e) when (e.Kind == ErrorKind.Corrupt)
            {
                throw await explain(e);
            }
        }
    }
}
