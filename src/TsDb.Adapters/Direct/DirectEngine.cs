using System.Collections.Concurrent;
using System.Globalization;
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Columnar.Vectors;
using TsDb.Query;
using TsDb.Query.Direct;
using TsDb.Query.Ports;

namespace TsDb.Adapters.Direct;

/// <summary>
/// An engine that answers statements of a few shapes itself, from decoded columns that it keeps, and leaves
/// all others to the general one. What a shape's columns are called and typed it asks the general engine,
/// once.
/// </summary>
public sealed class DirectEngine(ISqlEngine general, SegmentCache cache) : ISqlEngine, IDirectEngine
{
    // More than this is read with all processors by the general engine.
    private const long RowsMax = 4_000_000;
    private const long RowsOfSeriesMax = 64_000_000;
    private const int ShapesMax = 1_000;

    // Rows that are wanted as they are may all pass: more than these are hardly little.
    private const long RowsQuickMax = 8_192;

    // A thread of the pool may be one that reads a client's connection (decision 0024). More than this takes
    // so long that it should hear meanwhile if the client goes away.
    private const long RowsAtOnceMax = 1 << 20;

    private readonly ConcurrentDictionary<string, Schema> _schemas = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<ISqlResult> ExecuteAsync(SqlRequest request, CancellationToken ct) =>
        await TryAsync(request, isQuick: false, ct) ?? await general.ExecuteAsync(request, ct);

    /// <inheritdoc/>
    public Task<ISqlResult?> TryQuickAsync(SqlRequest request, CancellationToken ct) =>
        TryAsync(request, isQuick: true, ct);

    /// <inheritdoc/>
    public Task<ISqlResult?> TryAsync(
        DirectStatement statement,
        DirectPlan plan,
        Relation.Points points,
        SqlLimits limits,
        CancellationToken ct) =>
            TryAsync(statement, plan, points, limits, Form.Plain, ct);

    private async Task<ISqlResult?> TryAsync(
        SqlRequest request, bool isQuick, CancellationToken ct) =>
        request.Relations is [Relation.Points points]
        && DirectStatement.TryParse(request.Sql) is { } statement
        && statement.Table.ToString().Equals(points.Name, StringComparison.OrdinalIgnoreCase)
        && DirectPlan.TryBind(statement, points.Table) is { } plan
            ? await TryAsync(
                statement, plan, points, request.Limits,
                new Form(isQuick, request.TextRuns, request.ShortIntegers), ct)
            : null;

    private async Task<ISqlResult?> TryAsync(
        DirectStatement statement,
        DirectPlan plan,
        Relation.Points points,
        SqlLimits limits,
        Form form,
        CancellationToken ct)
    {
        DirectScan scan = DirectScan.Of(points, plan);
        long rowsMax = plan.PicksSeries && !form.IsQuick ? RowsOfSeriesMax : RowsMax;
        if (scan.RowsAtMost > rowsMax || !scan.IsSimple) return null;
        if (form.IsQuick && plan.AnswersEachRow
            && scan.RowsWithin(plan.Scope.Range) > RowsQuickMax) return null;
        Schema schema = await SchemaAsync(statement, points.Table, limits, ct);
        if (!DirectRun.CanAnswer(plan, schema)) return null;
        if (scan.RowsAtMost > RowsAtOnceMax && Thread.CurrentThread.IsThreadPoolThread)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        IReadOnlyList<DirectInput> inputs = scan.Read(cache, plan, ct);
        if (form.HasRuns) schema = DirectRun.WithRuns(plan, schema);
        if (form.HasShortIntegers) schema = DirectRun.WithShortIntegers(plan, schema, inputs);
        if (DirectRun.Answer(plan, inputs, schema) is not { } batches) return null;
        return form.HasShortIntegers && DirectRun.ShortGroups(plan, batches) is { } groups
            ? new DirectResult(groups.Schema, [groups]) : new DirectResult(schema, batches);
    }

    /// <inheritdoc/>
    public async Task<Schema> SchemaAsync(
        DirectStatement statement, ResolvedTable table, SqlLimits limits, CancellationToken ct)
    {
        string key = $"{statement.Shape}\n{Describe(table)}";
        if (_schemas.TryGetValue(key, out Schema? known)) return known;
        Relation.Points none = new(
            statement.Table.ToString(), table, new TableSnapshot(table.Table, [], null), PointMask.None,
            ScanScope.All);
        SqlRequest request = new() { Sql = statement.Sql, Relations = [none], Limits = limits };
        await using ISqlResult result = await general.ExecuteAsync(request, ct);
        if (_schemas.Count >= ShapesMax) _schemas.Clear();
        return _schemas[key] = result.Schema;
    }

    // In what form the rows may come, and whether only if that is quick.
    private readonly record struct Form(bool IsQuick, bool HasRuns, bool HasShortIntegers)
    {
        public static Form Plain => default;
    }

    private static string Describe(ResolvedTable table) => string.Join('\n', table.Columns.Select(column =>
        string.Create(CultureInfo.InvariantCulture, $"{column.SqlName}\t{column.Type}\t{column.Role}")));
}
