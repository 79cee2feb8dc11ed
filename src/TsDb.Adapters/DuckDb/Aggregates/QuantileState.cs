using TsDb.Query.Functions;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>Quantiles: of values (DOUBLE), or of sketches (BLOB); the share asked for may come
/// behind.</summary>
internal sealed class QuantileState(bool isOfSketches, bool hasShare) : IAggregateState
{
    /// <summary>The sketch.</summary>
    public QuantileSketch Sketch { get; } = new();

    /// <summary>The share asked for, from 0 to 1.</summary>
    public double Share { get; private set; } = double.NaN;

    /// <inheritdoc/>
    public long BytesInMemory => Sketch.BytesInMemory;

    /// <inheritdoc/>
    public void Add(AggregateInput input, int row)
    {
        if (!input.Has(row, hasShare ? 2 : 1)) return;
        if (isOfSketches) Sketch.Add(input.Bytes(0, row).ToArray());
        else Sketch.Add(input.Values<double>(0)[row]);
        if (hasShare) Share = input.Values<double>(1)[row];
    }

    /// <inheritdoc/>
    public void Add(IAggregateState other)
    {
        QuantileState state = (QuantileState)other;
        Sketch.Add(state.Sketch);
        if (!double.IsNaN(state.Share)) Share = state.Share;
    }
}
