using Apache.Arrow;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query;
using TsDb.Simulation.Fleet;
using TsDb.Simulation.Queries;

namespace TsDb.Simulation.Truth;

/// <summary>Points of one edge as they were found somewhere; each key once, or it throws.</summary>
internal sealed class PointSet
{
    private readonly Dictionary<PointKey, PointValue> _points = [];

    /// <summary>The points.</summary>
    public IReadOnlyDictionary<PointKey, PointValue> Points => _points;

    /// <summary>The points of snapshots, read as a query would read them.</summary>
    public static PointSet Of(
        EdgeId edge,
        IEnumerable<TableSnapshot> tables,
        Func<string, ReadOnlyMemory<byte>> read,
        SegmentCache cache)
    {
        PointSet set = new();
        foreach (TableSnapshot table in tables)
        {
            foreach ((EdgeId owner, TableBatch batch) in PointScan.Of(table, ScanScope.All, read, cache))
            {
                if (owner != edge) throw new SimulationException($"{edge} holds points of {owner}");
                set.Add(batch);
            }
        }

        return set;
    }

    /// <summary>Adds the points of a batch.</summary>
    public void Add(TableBatch batch)
    {
        if (batch.RowCount == 0) return;
        StringArray hosts = (StringArray)batch.Series.Column("host");
        for (int row = 0; row < batch.RowCount; row++)
        {
            PointKey key = new(
                batch.Table.Table, hosts.GetString(batch.SeriesIndex[row]), batch.Times[row]);
            Add(key, new PointValue(NumberOf(batch, "v", row), NumberOf(batch, "f", row),
                NumberOf(batch, "s", row)));
        }
    }

    /// <summary>Adds a point.</summary>
    public void Add(PointKey key, PointValue value)
    {
        if (!_points.TryAdd(key, value)) throw new SimulationException($"{key} is there twice");
    }

    /// <summary>The number of the write that a field's value tells.</summary>
    public static long NumberOf(object? value) => value switch
    {
        null => 0,
        long number => number,
        double number when number - 0.25 == (long)number => (long)number,
        string text when text.StartsWith('t') => long.Parse(
            text.AsSpan(1, (text.IndexOf(' ') is > 0 and int end ? end : text.Length) - 1),
            System.Globalization.CultureInfo.InvariantCulture),
        _ => throw new SimulationException($"nobody wrote {value}"),
    };

    private static long NumberOf(TableBatch batch, string field, int row)
    {
        int column = batch.Rows.Schema.GetFieldIndex(field);
        return column < 0 ? 0 : NumberOf(PointScan.ValueAt(batch.Rows.Column(column), row));
    }
}
