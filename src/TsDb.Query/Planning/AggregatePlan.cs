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
    public string FinalSql => Inline(OuterSql, AggregateShape.Merged, MergedSql);

    /// <summary>The same answer on one node that has all rows, in one statement.</summary>
    public string LocalSql =>
        Inline(OuterSql, AggregateShape.Merged, Inline(MergedSql, Fragment.ResultName, Fragment.Sql));

    // No other text can hold such a name: statements that mention one are gathered.
    private static string Inline(string sql, string relation, string definition) =>
        sql.Replace($"FROM {relation}", $"FROM ({definition}) AS {relation}", StringComparison.Ordinal);
}
