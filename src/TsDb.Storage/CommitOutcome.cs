namespace TsDb.Storage;

/// <summary>How a commit ended, failures apart (those are exceptions).</summary>
public enum CommitOutcome
{
    /// <summary>The points would survive a loss of power and every query from now on sees them.</summary>
    Committed,

    /// <summary>
    /// Nothing was written: a commit in between fixed a column in a way that the request contradicts. Parse
    /// the request again against <see cref="EdgeStore.Schemas"/>.
    /// </summary>
    SchemaChanged,
}
