using Apache.Arrow;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Ports;

namespace TsDb.Simulation.Queries;

/// <summary>No direct path: the simulation's statements name their table twice, so that the planner is asked.
/// </summary>
internal sealed class NoDirectEngine : IDirectEngine
{
    public Task<ISqlResult?> TryAsync(
        DirectStatement statement,
        DirectPlan plan,
        Relation.Points points,
        SqlLimits limits,
        CancellationToken ct) => Task.FromResult<ISqlResult?>(null);

    public Task<Schema> SchemaAsync(
        DirectStatement statement, ResolvedTable table, SqlLimits limits, CancellationToken ct) =>
        throw new NotSupportedException("the statement was to be planned");
}
