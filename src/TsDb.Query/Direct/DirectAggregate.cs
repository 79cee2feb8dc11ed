namespace TsDb.Query.Direct;

/// <summary>The aggregates that the direct path computes.</summary>
internal enum DirectAggregate
{
    Count,
    Sum,
    Min,
    Max,
    Avg,
}
