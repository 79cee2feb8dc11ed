using TsDb.Query.Ports;

namespace TsDb.Query.Direct;

/// <summary>Answers the small statements of dashboards without the general engine's fixed cost.</summary>
public interface IDirectEngine
{
    /// <summary>
    /// The answer to the statement over these points, the same as the general engine would give; null if
    /// that one should be asked instead. Errors as <see cref="ISqlEngine.ExecuteAsync"/>.
    /// </summary>
    /// <param name="statement">The statement; its table is the relation.</param>
    /// <param name="plan">The statement bound to that table.</param>
    /// <param name="points">Where the rows are; the files stay until the result is disposed.</param>
    /// <param name="limits">Bounds on what it may take.</param>
    /// <param name="ct">Ends it.</param>
    Task<ISqlResult?> TryAsync(
        DirectStatement statement,
        DirectPlan plan,
        Relation.Points points,
        SqlLimits limits,
        CancellationToken ct);

    /// <summary>The columns that the statement answers with, as the general engine names and types
    /// them.</summary>
    Task<Apache.Arrow.Schema> SchemaAsync(
        DirectStatement statement, ResolvedTable table, SqlLimits limits, CancellationToken ct);
}
