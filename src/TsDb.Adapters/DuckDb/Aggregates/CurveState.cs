using TsDb.Query.Functions;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>
/// Curves: of points (value DOUBLE, time TIMESTAMP_NS, series VARCHAR), or of summaries (BLOB); the
/// question, a number of <see cref="CurveQuestion"/>, may come behind.
/// </summary>
internal sealed class CurveState(bool isOfSummaries, bool hasQuestion) : IAggregateState
{
    private byte[] _lastName = [];
    private string _lastSeries = "";

    /// <summary>The curve.</summary>
    public Curve Curve { get; } = new();

    /// <summary>The question; zero before it was seen.</summary>
    public CurveQuestion Question { get; private set; }

    /// <inheritdoc/>
    public long BytesInMemory => Curve.BytesInMemory;

    /// <inheritdoc/>
    public void Add(AggregateInput input, int row)
    {
        int columns = isOfSummaries ? 1 : 3;
        if (!input.Has(row, hasQuestion ? columns + 1 : columns)) return;
        if (hasQuestion) Question = (CurveQuestion)input.Values<int>(columns)[row];
        if (isOfSummaries) Curve.Add(input.Bytes(0, row).ToArray());
        else Curve.Add(SeriesOf(input.Bytes(2, row)), input.Values<long>(1)[row], input.Values<double>(
            0)[row]);
    }

    /// <inheritdoc/>
    public void Add(IAggregateState other)
    {
        CurveState state = (CurveState)other;
        Curve.Add(state.Curve);
        if (state.Question != 0) Question = state.Question;
    }

    // Rows lie in runs of one series.
    private string SeriesOf(ReadOnlySpan<byte> name)
    {
        if (_lastName.AsSpan().SequenceEqual(name)) return _lastSeries;
        _lastName = name.ToArray();
        return _lastSeries = System.Text.Encoding.UTF8.GetString(name);
    }
}
