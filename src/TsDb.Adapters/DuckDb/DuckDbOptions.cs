namespace TsDb.Adapters.DuckDb;

/// <summary>Bounds of the query engine of one node.</summary>
public sealed record DuckDbOptions
{
    /// <summary>
    /// Folders whose files the engine may open, absolute; nothing else on the disk can be read or written.
    /// </summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary>The memory that all statements share.</summary>
    public QueryMemory Memory { get; init; } = QueryMemory.Of(4L << 30, 0, 8);

    /// <summary>Statements that run at the same time; more wait.</summary>
    public int ConcurrencyMax { get; init; } = 4;

    /// <summary>
    /// Statements that run longer than <see cref="SlowAfter"/> give their turn to others, as long as no more
    /// than this many do: heavy statements do not keep small ones waiting.
    /// </summary>
    public int SlowMax { get; init; } = 4;

    /// <summary>When a statement counts as slow.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Statements that may wait; more are refused at once.</summary>
    public int WaitingMax { get; init; } = 64;

    /// <summary>How long a statement waits for its turn before it is refused.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Threads that one statement may use.</summary>
    public int ThreadsMax { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>Length of a statement's text, in characters.</summary>
    public int StatementCharsMax { get; init; } = 1 << 20;
}
