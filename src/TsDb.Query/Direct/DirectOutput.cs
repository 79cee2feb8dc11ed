namespace TsDb.Query.Direct;

/// <summary>One column of the answer.</summary>
internal abstract record DirectOutput
{
    /// <summary>A column of the points.</summary>
    public sealed record Value(DirectColumn Column) : DirectOutput;

    /// <summary>The start of the bucket.</summary>
    public sealed record BucketStart : DirectOutput;

    /// <summary>A tag, or the edge, that rows are grouped by.</summary>
    /// <param name="Place">Its place among the plan's keys.</param>
    public sealed record Key(int Place) : DirectOutput;

    /// <summary>An aggregate; without a column it counts rows.</summary>
    public sealed record Aggregate(DirectAggregate Kind, DirectColumn? Of) : DirectOutput;
}
