using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Isolation;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Makes the relations of one statement visible to it. Usually as common table expressions in front of its
/// text, which leaves nothing behind; where the text has its own WITH, qualified names or an unusual
/// beginning, as views inside a transaction that is rolled back.
/// </summary>
internal sealed class RelationSetup(DuckDbInstance instance) : IDisposable
{
    private readonly List<long> _sources = [];
    private bool _isInTransaction;

    /// <summary>Prepares the instance and answers the text to run.</summary>
    public string Prepare(
        string sql, JsonObject tree, IReadOnlyList<(TableReference Reference, Relation Relation)> relations)
    {
        List<(TableReference Reference, string Scan)> scans =
            [.. relations.Select(pair => (pair.Reference, Scan(pair.Relation)))];
        if (scans.Count == 0) return sql;
        if (StatementShape.TakesPrefix(sql, tree) && scans.All(scan => scan.Reference.Database.Length == 0))
        {
            IEnumerable<string> tables = scans.Select(scan =>
                $"{ScanText.Quote(scan.Reference.Table)} AS NOT MATERIALIZED (\n{scan.Scan})");
            return $"WITH {string.Join(",\n", tables)}\n{sql}";
        }

        // Before it is asked for: one that is stopped while it begins may be open all the same.
        _isInTransaction = true;
        instance.Execute("BEGIN TRANSACTION");
        foreach ((TableReference reference, string scan) in scans)
        {
            string name = ScanText.Quote(reference.Table);
            if (reference.Database.Length > 0)
            {
                string schema = ScanText.Quote(reference.Database);
                instance.Execute($"CREATE SCHEMA IF NOT EXISTS {schema}");
                name = $"{schema}.{name}";
            }

            instance.Execute(
                $"CREATE {(reference.Database.Length == 0 ? "TEMP " : "")}VIEW {name} AS\n{scan}");
        }

        return sql;
    }

    /// <summary>Takes away what was prepared.</summary>
    public void Dispose()
    {
        foreach (long source in _sources) instance.Rows.Remove(source);
        if (!_isInTransaction) return;
        try
        {
            instance.Execute("ROLLBACK");
        }
        catch (DuckDBException)
        {
            // What the statement itself met is told; the next one gets another instance.
            instance.IsDamaged = true;
        }
    }

    private string Scan(Relation relation) => relation switch
    {
        Relation.Rows rows => $"SELECT * FROM {Function(RowSource.Of(rows.Schema, rows.Batches))}",
        Relation.Points points => Scan(points),
        _ => throw new TsDbException(ErrorKind.Invalid, $"{relation.Name} cannot be selected from"),
    };

    private string Scan(Relation.Points points)
    {
        TableSnapshot seen = points.Mask.Seen(points.Snapshot);
        HotRows? hot = seen.Hot;
        ScanPlan plan = ScanPlan.Of(seen, points.Scope, hot is null ? [] : HotTimes.Of(hot.Batches));
        List<MemoryScan> memory = [];
        foreach (MergePart part in plan.Merges)
        {
            TableBatch merged = Merge(points, hot, part);
            if (merged.RowCount > 0)
                memory.Add(new MemoryScan(Function(RowSource.Of(part.Edge, points.Table, [merged])), []));
        }

        if (hot is not null && !plan.HotWindows.IsEmpty) memory.AddRange(Hot(points, hot, plan.HotWindows));
        return ScanText.Points(points.Table, Masked(plan.Files, points.Mask), memory);
    }

    private static ImmutableArray<FilePart> Masked(ImmutableArray<FilePart> files, PointMask mask) =>
        mask.IsEmpty ? files
            : [.. files.Select(part => part with { Tombstones = mask.Reaching(part.Segment.Manifest) })];

    private static TableBatch Merge(Relation.Points points, HotRows? hot, MergePart part)
    {
        HashSet<string>? fields = points.Scope.Columns is not { } needed
            ? null
            : [.. points.Table.Columns.Where(c => needed.Contains(c.SqlName)).Select(c => c.Name)];
        return PointsMerge.Run(points, hot, part, fields).Batch;
    }

    // Batches whose columns disagree on a type cannot be one source: each group of agreeing ones is.
    private IEnumerable<MemoryScan> Hot(
        Relation.Points points, HotRows hot, ImmutableArray<TimeRange> windows)
    {
        TableBatch[] batches =
        [
            .. hot.Batches.Where(b => HotTimes.Reach(b, points.Scope.Range)
                && windows.Any(window => HotTimes.Reach(b, window))),
        ];
        bool isWhole = HotTimes.Of(batches).All(range => windows.Any(window =>
            window.StartNanoseconds <= range.StartNanoseconds
                && range.EndNanoseconds <= window.EndNanoseconds));
        List<(Dictionary<string, string> Types, List<TableBatch> Batches)> groups = [];
        foreach (TableBatch batch in batches)
        {
            Dictionary<string, string> types = Types(batch);
            int home = groups.FindIndex(group =>
                types.All(t => group.Types.GetValueOrDefault(t.Key, t.Value) == t.Value));
            if (home < 0)
            {
                groups.Add((types, [batch]));
                continue;
            }

            foreach ((string name, string type) in types) groups[home].Types[name] = type;
            groups[home].Batches.Add(batch);
        }

        return groups.Select(group => new MemoryScan(
            Function(RowSource.Of(hot.Edge, points.Table, group.Batches)), isWhole ? [] : windows));
    }

    private static Dictionary<string, string> Types(TableBatch batch)
    {
        Dictionary<string, string> types = new(StringComparer.Ordinal);
        foreach (Apache.Arrow.Field tag in batch.Series.Schema.FieldsList)
            types[tag.Name] = tag.DataType.Name;
        foreach (Apache.Arrow.Field field in batch.Rows.Schema.FieldsList.Skip(TableBatch.FieldsStart))
            types[field.Name] = field.DataType.Name;
        return types;
    }

    private string Function(RowSource source)
    {
        long number = instance.Rows.Add(source);
        _sources.Add(number);
        return string.Create(CultureInfo.InvariantCulture, $"{RowFunction.Name}({number})");
    }
}
