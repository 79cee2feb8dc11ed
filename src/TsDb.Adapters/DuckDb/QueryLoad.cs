namespace TsDb.Adapters.DuckDb;

/// <summary>What a node's queries do at a moment, and since start.</summary>
/// <param name="Running">Statements in the general engine.</param>
/// <param name="Waiting">Statements that wait for their turn.</param>
/// <param name="Large">Statements that began anew with the large part of the memory, since start.</param>
/// <param name="Refused">Statements refused because there were too many, since start.</param>
public readonly record struct QueryLoad(int Running, int Waiting, long Large, long Refused)
{
    /// <summary>Statements that go on though whoever asked was told that they are over.</summary>
    public int Overdue { get; init; }

    /// <summary>How many did since start.</summary>
    public long OverdueEver { get; init; }
}
