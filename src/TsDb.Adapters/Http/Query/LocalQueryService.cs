using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Analysis;
using TsDb.Query.Direct;
using TsDb.Query.Distributed;
using TsDb.Query.Planning;
using TsDb.Query.Ports;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Scrubbing;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// SQL over one store: an edge's own points, from one version of the store, so that a seal in between neither
/// doubles nor hides a row. It works with the uplink cut.
/// </summary>
public sealed class LocalQueryService(
    EdgeStore store, SegmentScrub scrub, ISqlParser parser, ISqlEngine engine, IDirectEngine direct,
    TimeProvider clock) : IQueryService
{
    private readonly Planner _planner = new(parser, engine, clock);
    private readonly LocalTables _tables = new();

    /// <inheritdoc/>
    public Task<QueryAnswer> QueryAsync(QueryRequest request, CancellationToken ct) =>
        QueryDeadline.RunAsync(request.Limits, clock, token => AnswerAsync(request, token), ct);

    private async Task<QueryAnswer> AnswerAsync(QueryRequest request, CancellationToken ct)
    {
        DirectStatement? small = DirectStatement.TryParse(request.Sql);
        Statement? parsed = small is null ? Statement.Parse(parser, request.Sql) : null;
        StoreLease lease = store.Acquire();
        try
        {
            StoreVersion version = lease.Version;
            if (small is not null && await TryDirectAsync(small, version, request, ct) is { } answer)
                return answer with { Result = new LeasedResult(answer.Result, lease, Explained) };
            Statement statement = parsed ?? Statement.Parse(parser, request.Sql);
            if (!statement.Tables.Any()) LocalTables.RequireDatabase(version, request.Database);
            Dictionary<TableName, ResolvedTable> tables = statement.Tables.ToDictionary(
                name => name,
                name => _tables.Resolve(version, LocalTables.Find(version, name, request.Database)));
            LocalPlan plan = await _planner.PlanLocalAsync(statement, tables, ct);
            ImmutableArray<string> lost = Lost(version, plan.Scans);
            if (lost.Length > 0 && !request.AllowPartial) throw Lacking(lost[0]);

            SqlRequest sql = new()
            {
                Sql = plan.Sql,
                Relations =
                [
                    .. plan.Scans.Select(scan => Points(version, scan)),
                    .. statement.Listings.Select(l => _tables.List(version, l, request.Database)),
                ],
                Limits = request.Limits,
            };
            Coverage coverage = Coverage(version, plan.Scans, lost);
            ISqlResult result = statement.Explain == ExplainMode.None
                ? await engine.ExecuteAsync(sql, ct)
                : await ExplainAsync(statement.Explain, version, plan, sql, ct);
            return new QueryAnswer(new LeasedResult(result, lease, Explained), coverage);
        }
        catch (TsDbException error) when (error.Kind == ErrorKind.Corrupt)
        {
            lease.Dispose();
            throw Explained(error);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    // What an error names as damaged is looked at, and set aside if it is: the next question knows of it.
    private TsDbException Explained(TsDbException error)
    {
        StoredSegment? named = store.Catalog.Segments.Values.FirstOrDefault(
            segment => error.Message.Contains(segment.Name, StringComparison.Ordinal));
        if (named is null || scrub.Check(named)) return error;
        return store.SetAside.FirstOrDefault(aside => aside.Segment.Name == named.Name) is { } lost
            ? Lacking(Sentence(lost))
            : error;
    }

    private static TsDbException Lacking(string lost) => new(
        ErrorKind.Unavailable,
        $"{lost}. Put the file back: the edge finds it as it reads its files through (--scrub-rate), or at a "
            + "start; or allow a partial answer");

    private static string Sentence(UnreadableSegment lost) =>
        $"{lost.Segment.Manifest.Cell} lacks {lost.Segment.Name}: {lost.Reason}";

    private async Task<QueryAnswer?> TryDirectAsync(
        DirectStatement statement, StoreVersion version, QueryRequest request, CancellationToken ct)
    {
        ResolvedTable table =
            _tables.Resolve(version, LocalTables.Find(version, statement.Table, request.Database));
        if (DirectPlan.TryBind(statement, table) is not { } plan) return null;
        LocalScan scan = new(statement.Table.ToString(), table, plan.Scope);
        if (Lost(version, [scan]).Length > 0) return null;
        return await direct.TryAsync(statement, plan, Points(version, scan), request.Limits, ct) is { } result
            ? new QueryAnswer(result, Coverage(version, [scan], []))
            : null;
    }

    private async Task<ISqlResult> ExplainAsync(
        ExplainMode mode, StoreVersion version, LocalPlan plan, SqlRequest sql, CancellationToken ct)
    {
        Explanation explanation = new();
        foreach (LocalScan scan in plan.Scans)
        {
            TableSnapshot? snapshot = version.Find(scan.Table.Table);
            int segments = snapshot?.Segments.Count(segment => scan.Scope.Includes(segment.Manifest.Cell)
                && segment.Manifest.Range.Overlaps(scan.Scope.Range)) ?? 0;
            int hot = snapshot?.Hot?.Batches.Sum(batch => batch.RowCount) ?? 0;
            explanation.Add(
                store.Id.Value, $"points of {scan.Table.Table}",
                $"{segments} segments and {hot} rows in memory; "
                    + $"{Explanation.ReadsOf(scan.Table, scan.Scope)}", "",
                new ExplainFigures { Cells = segments });
        }

        ExplainFigures? answer =
            mode == ExplainMode.Analyze ? await ExplainFigures.OfRunAsync(engine, sql, clock, ct) : null;
        explanation.Add(store.Id.Value, "answer", "the points above", sql.Sql, answer);
        return explanation.ToResult();
    }

    private Relation.Points Points(StoreVersion version, LocalScan scan) => new(
        scan.RelationName,
        scan.Table,
        version.Find(scan.Table.Table) ?? new TableSnapshot(scan.Table.Table, [], null),
        Mask(scan.Table.Table),
        scan.Scope);

    private PointMask Mask(TableId table)
    {
        Erasures erasures = store.Tombstones.Erasures;
        return PointMask.Of(erasures, table, erasures.Number);
    }

    private static ImmutableArray<string> Lost(StoreVersion version, ImmutableArray<LocalScan> scans) =>
    [
        .. version.SetAside.Where(aside => scans.Any(scan => IsPartOf(aside.Segment.Manifest, scan)))
            .Select(Sentence),
    ];

    private static bool IsPartOf(SegmentManifest segment, LocalScan scan) =>
        scan.Table.Table == segment.Cell.Table && scan.Scope.Includes(segment.Cell)
        && segment.Range.Overlaps(scan.Scope.Range);

    private Coverage Coverage(
        StoreVersion version, ImmutableArray<LocalScan> scans, ImmutableArray<string> lost)
    {
        ImmutableArray<string> missing =
        [
            .. scans.Where(scan => scan.Scope.Edges?.Contains(store.Id) != false)
                .SelectMany(scan => Dropped(version, scan)).Distinct(),
            .. lost,
        ];
        return new Coverage { EdgesAsked = [store.Id], Missing = missing, Complete = missing.IsEmpty };
    }

    // Runs of days, so that a year is one sentence.
    private IEnumerable<string> Dropped(StoreVersion version, LocalScan scan)
    {
        Day? first = null;
        Day last = default;
        foreach (Day day in _tables.Expired(version, scan.Table.Table)
            .Where(day => day.Range.Overlaps(scan.Scope.Range)).Order())
        {
            if (first is { } start && day.Number > last.Number + 1)
            {
                yield return Sentence(scan.Table.Table, start, last);
                first = null;
            }

            first ??= day;
            last = day;
        }

        if (first is { } rest) yield return Sentence(scan.Table.Table, rest, last);
    }

    private string Sentence(TableId table, Day first, Day last) =>
        $"{table} of edge {store.Id} from {first} to {last}: dropped here by retention, at least in part";
}
