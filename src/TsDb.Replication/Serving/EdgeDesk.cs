using System.Collections.Immutable;
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;
using TsDb.Storage;

namespace TsDb.Replication.Serving;

/// <summary>Answers fresh queries on an edge, each from one moment of its store. Safe for several
/// threads.</summary>
public sealed class EdgeDesk(EdgeStore store, ISqlEngine engine, TimeProvider clock)
{
    /// <summary>
    /// The answer. Errors of the fragment as <see cref="ISqlEngine.ExecuteAsync"/>; throws
    /// <see cref="ErrorKind.Unavailable"/> if this edge does not hear in time of erasures that the asker
    /// knows, or knows of some for good that the asker does not.
    /// </summary>
    public async Task<FreshAnswer> AnswerAsync(FreshQuestion question, CancellationToken ct)
    {
        if (question.Fragment is not null)
        {
            await Erasing.HearAsync(
                $"edge {store.Id}", () => store.Tombstones.Erasures.Number, question.Erasures, clock, ct);
        }

        using StoreLease lease = store.Acquire();
        StoreVersion version = lease.Version;
        RequireUnpurged(question);
        ImmutableArray<Model.Column> columns = Columns(version, question.Table);
        if (EdgeColumns.HashOf(columns) != question.ColumnsHash || question.Fragment is not { } fragment)
            return new FreshAnswer { Columns = columns };
        if (version.Find(question.Table) is not { } table) return new FreshAnswer();
        (ImmutableArray<Day> mine, ImmutableArray<(Day, string)> incomplete) = Decide(
            version, table, question);
        if (mine.IsEmpty) return new FreshAnswer { Incomplete = incomplete };
        SqlRequest request = new()
        {
            Sql = fragment.Sql,
            Relations =
            [
                new Relation.Points(
                    fragment.RelationName, fragment.Table, Only(table, mine),
                    PointMask.Of(store.Tombstones.Erasures, question.Table, question.Erasures),
                    fragment.Scope),
            ],
            Limits = question.Limits,
        };
        await using ISqlResult result = await engine.ExecuteAsync(request, ct);
        List<RecordBatch> batches = [];
        await foreach (RecordBatch batch in result.ReadAsync(ct)) batches.Add(batch);
        return new FreshAnswer
        {
            Days = mine,
            Incomplete = incomplete,
            Schema = result.Schema,
            Batches = batches,
        };
    }

    // Rows that whoever knows no more than the asker has to see may be gone. What the lease holds was made
    // with no more than is known now.
    private void RequireUnpurged(FreshQuestion question)
    {
        if (question.Fragment is null
            || TablePurge.Of(store.Tombstones.Erasures, question.Table).To <= question.Erasures) return;
        throw new TsDbException(
            ErrorKind.Unavailable,
            $"points of {question.Table} at edge {store.Id} were erased for good since the question was "
            + "planned");
    }

    private static ImmutableArray<Model.Column> Columns(StoreVersion version, TableId table)
    {
        TableSchema? schema = version.Schemas.Find(table);
        IEnumerable<Model.Column> written = schema is null ? [] : schema.Tags.Concat(schema.Fields);
        IEnumerable<Model.Column> held = (version.Find(table)?.Segments ?? [])
            .SelectMany(segment => segment.Manifest.Tags.Concat(segment.Manifest.Fields));
        return [.. written.Concat(held).Distinct()];
    }

    private (ImmutableArray<Day> Mine, ImmutableArray<(Day, string)> Incomplete) Decide(
        StoreVersion version, TableSnapshot table, FreshQuestion question)
    {
        ScanScope scope = question.Fragment!.Scope;
        HashSet<Day> hot = [.. HotDays(table)];
        SortedSet<Day> days =
            [.. hot, .. table.Segments.Select(segment => segment.Manifest.Cell.Day), .. question.Pinned.Keys];
        ILookup<Cell, UnreadableSegment> aside = version.SetAside.ToLookup(a => a.Segment.Manifest.Cell);
        days.UnionWith(aside.Where(a => a.Key.Table == question.Table).Select(a => a.Key.Day));
        ImmutableArray<Day>.Builder mine = ImmutableArray.CreateBuilder<Day>();
        ImmutableArray<(Day, string)>.Builder incomplete = ImmutableArray.CreateBuilder<(Day, string)>();
        foreach (Day day in days)
        {
            Cell cell = new(question.Table, store.Id, day);
            if (!scope.Includes(cell)) continue;
            string? decided = FreshCells.Decide(
                version.Catalog, cell, hot.Contains(day), question.Pinned.GetValueOrDefault(day));
            if (decided is "" && aside[cell].FirstOrDefault() is { } lost)
                decided = $"{lost.Segment.Name} is set aside here: {lost.Reason}";
            if (decided is "") mine.Add(day);
            else if (decided is not null) incomplete.Add((day, decided));
        }

        return (mine.ToImmutable(), incomplete.ToImmutable());
    }

    private static IEnumerable<Day> HotDays(TableSnapshot table)
    {
        if (table.Hot is not { } hot) yield break;
        foreach (TableBatch batch in hot.Batches)
        {
            Day? last = null;
            foreach (Day day in Days(batch))
            {
                if (day != last) yield return day;
                last = day;
            }
        }
    }

    private static List<Day> Days(TableBatch batch)
    {
        List<Day> days = [];
        TimeRange range = default;
        foreach (long time in batch.Times)
        {
            if (range.Contains(time)) continue;
            Day day = Day.Of(time);
            range = day.Range;
            days.Add(day);
        }

        return days;
    }

    // The cells of these days and nothing else.
    private static TableSnapshot Only(TableSnapshot table, ImmutableArray<Day> days)
    {
        HashSet<Day> wanted = [.. days];
        SegmentRef[] segments = [.. table.Segments.Where(s => wanted.Contains(s.Manifest.Cell.Day))];
        if (table.Hot is not { } hot) return table with { Segments = segments };
        List<TableBatch> batches = [];
        bool areUnique = hot.KeysAreUnique;
        foreach (TableBatch batch in hot.Batches)
        {
            Day[] inside = [.. Days(batch).Distinct()];
            if (inside.All(wanted.Contains))
            {
                batches.Add(batch);
                continue;
            }

            foreach (Day day in inside.Where(wanted.Contains))
                batches.Add(KeyMerge.Merge(batch.Table, [batch], day.Range).Batch);
        }

        return new TableSnapshot(table.Table, segments, new HotRows(hot.Edge, batches, areUnique));
    }
}
