using TsDb.Query.Functions;

namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>Counts distinct values: of hashes (UBIGINT), or of sketches (BLOB).</summary>
internal sealed class DistinctState(bool isOfSketches) : IAggregateState
{
    /// <summary>The sketch.</summary>
    public DistinctSketch Sketch { get; } = new();

    /// <inheritdoc/>
    public long BytesInMemory => Sketch.BytesInMemory;

    /// <inheritdoc/>
    public void Add(AggregateInput input, int row)
    {
        if (!input.Has(row, 1)) return;
        if (isOfSketches) Sketch.Add(input.Bytes(0, row));
        else Sketch.Add(input.Values<ulong>(0)[row]);
    }

    /// <inheritdoc/>
    public void Add(IAggregateState other) => Sketch.Add(((DistinctState)other).Sketch);
}
