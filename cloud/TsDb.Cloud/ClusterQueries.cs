using TsDb.Adapters.Http.Query;
using TsDb.Query.Distributed;

namespace TsDb.Cloud;

/// <summary>SQL over the whole cluster, for the endpoints.</summary>
internal sealed class ClusterQueries(Coordinator coordinator) : IQueryService
{
    /// <inheritdoc/>
    public Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct) =>
        coordinator.QueryAsync(request, ct);
}
