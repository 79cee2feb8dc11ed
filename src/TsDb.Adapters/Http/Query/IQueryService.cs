using TsDb.Query.Distributed;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// Whoever answers SQL on this node: the edge's own store, or the coordinator of the cluster.
/// </summary>
public interface IQueryService
{
    /// <summary>
    /// Runs the statement and answers once the columns are known; the caller disposes the result. Throws <see
    /// cref="Model.TsDbException"/> for a statement that is wrong, an unknown table, a limit, or missing
    /// data.
    /// </summary>
    Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct);
}
