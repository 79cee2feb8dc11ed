namespace TsDb.Query.Planning;

/// <summary>A query split into partial states.</summary>
/// <param name="Fragment">What makes the partial states.</param>
/// <param name="MergedSql">The relation of finished groups over the partial states.</param>
/// <param name="OuterSql">The rest of the query over that relation.</param>
/// <param name="IsTimeOrdered">True if the query has first, last, arg_min or arg_max.</param>
internal sealed record AggregatePlan(
    PlannedFragment Fragment, string MergedSql, string OuterSql, bool IsTimeOrdered)
{
    /// <summary>The statement over all nodes' partial states.</summary>
    public string FinalSql => $"WITH {AggregateShape.Merged} AS ({MergedSql}) {OuterSql}";

    /// <summary>The same answer on one node that has all rows, in one statement.</summary>
    public string LocalSql =>
        $"WITH {Fragment.ResultName} AS ({Fragment.Sql}), {AggregateShape.Merged} AS ({MergedSql}) "
            + $"{OuterSql}";
}
