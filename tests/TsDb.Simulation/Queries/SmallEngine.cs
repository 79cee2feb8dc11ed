// The fault model of the SQL engine: none. It answers at once, always the same for the same rows; what the
// engine of production does with a statement is compared with one node's answers in TsDb.Conformance.
using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Ports;

namespace TsDb.Simulation.Queries;

/// <summary>The engine port over <see cref="SmallSql"/>, on the segments of a simulated disk.</summary>
internal sealed class SmallEngine(Func<string, ReadOnlyMemory<byte>> read, SegmentCache cache) : ISqlEngine
{
    public Task<ISqlResult> ExecuteAsync(SqlRequest request, CancellationToken ct)
    {
        Table answer = Run(SmallSql.Read(request.Sql), request.Relations);
        return Task.FromResult<ISqlResult>(RowsAtHand.Of(answer.Names, answer.Rows));
    }

    private Table Run(SmallSql.Select select, IReadOnlyList<Relation> relations)
    {
        Table source = select.Inner is not null
            ? Run(select.Inner, relations)
            : Scan(relations.Single(relation => relation.Name == select.Relation));
        IEnumerable<object?[]> rows = source.Rows;
        if (select.Where is { } where) rows = rows.Where(row => Value(where, source, [row]) is true);
        string[] names = [.. select.Items.Select(item => item.Alias)];
        bool isAggregate = select.Groups.Count > 0
            || select.Items.Any(item => SmallAggregates.IsIn(item.Expression));
        if (!isAggregate)
            return new Table(names, [.. rows.Select(row => Values(select, source, [row]))]);
        IEnumerable<List<object?[]>> groups = select.Groups.Count == 0
            ? [[.. rows]]
            : rows.GroupBy(row => string.Join('\0', select.Groups.Select(g => Value(g, source, [row]))))
                .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => group.ToList());
        return new Table(names, [.. groups.Select(group => Values(select, source, group))]);
    }

    private static object?[] Values(SmallSql.Select select, Table source, List<object?[]> group) =>
        [.. select.Items.Select(item => Value(item.Expression, source, group))];

    private static object? Value(SmallSql.Expression expression, Table source, List<object?[]> group)
    {
        switch (expression)
        {
            case SmallSql.Constant constant:
                return constant.Value;
            case SmallSql.Name name:
                int at = System.Array.IndexOf(source.Names, name.Text);

                // A table whose only edge was wiped may not have the column yet: nothing of it, which is
                // held against the truth like any other answer.
                return at < 0 || group.Count == 0 ? null : group[0][at];
            case SmallSql.Call call when SmallAggregates.IsAggregate(call):
                return SmallAggregates.Of(
                    call.Function,
                    group.Select(row => call.Arguments.Count == 0
                        ? true : Value(call.Arguments[0], source, [row])));
            case SmallSql.Call call:
                object?[] arguments = [.. call.Arguments.Select(a => Value(a, source, group))];
                return call.Function switch
                {
                    "cast" => arguments[0],
                    "coalesce" => arguments[0] ?? arguments[1],
                    "=" => Equals(arguments[0], arguments[1]),
                    "and" => arguments[0] is true && arguments[1] is true,
                    _ => throw new NotSupportedException($"no function {call.Function}"),
                };
            default:
                throw new NotSupportedException($"{expression}");
        }
    }

    private Table Scan(Relation relation)
    {
        if (relation is Relation.Rows rows)
        {
            string[] names = [.. rows.Schema.FieldsList.Select(field => field.Name)];
            return new Table(names, [.. rows.Batches.SelectMany(RowsAtHand.Read)]);
        }

        Relation.Points points = (Relation.Points)relation;
        string[] columns = ["time", "edge", .. points.Table.Columns.Select(column => column.SqlName)];
        List<object?[]> found = [];
        foreach ((EdgeId edge, TableBatch all) in PointScan.Of(points.Snapshot, points.Scope, read, cache))
        {
            TableBatch batch = points.Mask.Seen(all);
            int[] places = [.. points.Table.Columns.Select(column => column.Role == ColumnRole.Tag
                ? batch.Series.Schema.GetFieldIndex(column.Name)
                : batch.Rows.Schema.GetFieldIndex(column.Name))];
            for (int row = 0; row < batch.RowCount; row++)
            {
                object?[] values = new object?[columns.Length];
                (values[0], values[1]) = (batch.Times[row], edge.Value);
                for (int i = 0; i < places.Length; i++)
                {
                    if (places[i] < 0) continue;
                    values[i + 2] = points.Table.Columns[i].Role == ColumnRole.Tag
                        ? PointScan.ValueAt(batch.Series.Column(places[i]), batch.SeriesIndex[row])
                        : PointScan.ValueAt(batch.Rows.Column(places[i]), row);
                }

                found.Add(values);
            }
        }

        return new Table(columns, found);
    }

    private sealed record Table(string[] Names, List<object?[]> Rows);
}
