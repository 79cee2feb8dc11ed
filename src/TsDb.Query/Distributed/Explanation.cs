using System.Globalization;
using Apache.Arrow;
using TsDb.Model;
using TsDb.Query.Planning;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// The answer of EXPLAIN: one row for each part of the work. <c>node</c>: where it runs. <c>step</c>: what
/// comes of it.
/// <c>reads</c>: the cells or segments, and the columns, times and edges that are read at most. <c>cells</c>,
/// <c>rows</c>, <c>bytes</c>, <c>milliseconds</c>: how many cells, what travels from there, how long that
/// took; figures that only a run tells are NULL in a plain EXPLAIN. <c>sql</c>: the statement that runs
/// there.
/// </summary>
public sealed class Explanation
{
    private readonly List<Line> _lines = [];

    /// <summary>Adds a part of the work.</summary>
    /// <param name="node">Where it runs.</param>
    /// <param name="step">What it makes.</param>
    /// <param name="reads">What it reads.</param>
    /// <param name="sql">What runs.</param>
    /// <param name="figures">What is known of its extent; null for nothing.</param>
    public void Add(string node, string step, string reads, string sql, ExplainFigures? figures = null) =>
        _lines.Add(new Line(node, step, reads, sql, figures ?? new ExplainFigures()));

    /// <summary>Adds the parts of a fragment that would run.</summary>
    internal void Add(PlannedFragment fragment, CellHoldings holdings, Func<NodeId, bool> isUsable)
    {
        foreach (Serving serving in holdings.Assign(isUsable).Servings.Where(serving => serving.IsAny))
        {
            Add(serving.Node.Value, fragment,
                new ExplainFigures { Cells = holdings.CellsOf(serving).Count() });
        }
    }

    /// <summary>Adds the parts that have run.</summary>
    internal void Add(IEnumerable<(string Node, PlannedFragment Fragment, ExplainFigures Figures)> parts)
    {
        foreach ((string node, PlannedFragment fragment, ExplainFigures figures) in parts)
            Add(node, fragment, figures);
    }

    private void Add(string node, PlannedFragment fragment, ExplainFigures figures) => Add(
        node, StepOf(fragment), ReadsOf(fragment.Table, fragment.Scope), fragment.Sql, figures);

    private static string StepOf(PlannedFragment fragment) => fragment.HasStates
        ? $"partial states of {fragment.Table.Table}"
        : $"rows of {fragment.Table.Table}";

    /// <summary>What a scan reads at most.</summary>
    public static string ReadsOf(ResolvedTable table, ScanScope scope)
    {
        int all = table.Columns.Length + 2;
        string columns = scope.Columns is null ? $"all {all} columns"
            : scope.Columns.Count == 0 ? "no column"
            : $"{scope.Columns.Count} of {all} columns ({string.Join(", ", scope.Columns)})";
        List<string> parts = [columns];
        if (scope.Range != TimeRange.All)
            parts.Add($"time from {Moment(scope.Range.StartNanoseconds)} to "
                + $"{Moment(scope.Range.EndNanoseconds)}");
        if (scope.Edges is { } edges) parts.Add($"edges {string.Join(", ", edges)}");
        return string.Join("; ", parts);
    }

    /// <summary>The rows.</summary>
    public ISqlResult ToResult()
    {
        StringArray Text(Func<Line, string> of) =>
            new StringArray.Builder().AppendRange(_lines.Select(of)).Build();
        IArrowArray[] columns =
        [
            Text(line => line.Node),
            Text(line => line.Step),
            Text(line => line.Reads),
            Whole(line => line.Figures.Cells),
            Whole(line => line.Figures.Rows),
            Whole(line => line.Figures.Bytes),
            Milliseconds(),
            Text(line => line.Sql),
        ];
        string[] names = ["node", "step", "reads", "cells", "rows", "bytes", "milliseconds", "sql"];
        Schema schema = new(
            names.Select((name, i) => new Field(name, columns[i].Data.DataType, nullable: true)),
                metadata: null);
        return new Rows(schema, new RecordBatch(schema, columns, _lines.Count));
    }

    private static string Moment(long nanoseconds) => nanoseconds is long.MinValue or long.MaxValue
        ? "any"
        : DateTime.UnixEpoch.AddTicks(nanoseconds / 100).ToString(
            "yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);

    private Int64Array Whole(Func<Line, long?> of)
    {
        Int64Array.Builder builder = new();
        foreach (Line line in _lines)
        {
            if (of(line) is { } value) builder.Append(value);
            else builder.AppendNull();
        }

        return builder.Build();
    }

    private DoubleArray Milliseconds()
    {
        DoubleArray.Builder builder = new();
        foreach (Line line in _lines)
        {
            if (line.Figures.Took is { } took) builder.Append(Math.Round(took.TotalMilliseconds, 3));
            else builder.AppendNull();
        }

        return builder.Build();
    }

    private sealed record Line(string Node, string Step, string Reads, string Sql, ExplainFigures Figures);

    private sealed class Rows(Schema schema, RecordBatch batch) : ISqlResult
    {
        public Schema Schema => schema;

        public async IAsyncEnumerable<RecordBatch> ReadAsync(
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.CompletedTask;
            ct.ThrowIfCancellationRequested();
            yield return batch;
        }

        public ValueTask DisposeAsync()
        {
            batch.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
