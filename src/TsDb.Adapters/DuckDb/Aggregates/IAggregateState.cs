namespace TsDb.Adapters.DuckDb.Aggregates;

/// <summary>The state of an aggregate of ours for one group and one thread.</summary>
internal interface IAggregateState
{
    /// <summary>About how much it takes.</summary>
    long BytesInMemory { get; }

    /// <summary>Adds a row.</summary>
    void Add(AggregateInput input, int row);

    /// <summary>Adds another state, which stays as it is.</summary>
    void Add(IAggregateState other);
}
