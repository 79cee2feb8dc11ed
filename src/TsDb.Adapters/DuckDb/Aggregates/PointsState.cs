namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>Points (time TIMESTAMP_NS, value DOUBLE) and how many of them are wanted (BIGINT).</summary>
internal sealed class PointsState : IAggregateState
{
    private readonly List<(long Time, double Value)> _points = [];

    /// <summary>How many are wanted.</summary>
    public long Wanted { get; private set; }

    /// <inheritdoc/>
    public long BytesInMemory => 64 + (16L * _points.Capacity);

    /// <inheritdoc/>
    public void Add(AggregateInput input, int row)
    {
        if (!input.Has(row, 3)) return;
        double value = input.Values<double>(1)[row];
        Wanted = input.Values<long>(2)[row];
        if (!double.IsNaN(value)) _points.Add((input.Values<long>(0)[row], value));
    }

    /// <inheritdoc/>
    public void Add(IAggregateState other)
    {
        PointsState state = (PointsState)other;
        _points.AddRange(state._points);
        Wanted = Math.Max(Wanted, state.Wanted);
    }

    /// <summary>The points in the order of time.</summary>
    public (long[] Times, double[] Values) Ordered()
    {
        (long Time, double Value)[] points = [.. _points];
        Array.Sort(points);
        return ([.. points.Select(point => point.Time)], [.. points.Select(point => point.Value)]);
    }
}
