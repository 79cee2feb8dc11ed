namespace TsDb.Query.Planning;

/// <summary>A SELECT split into partial states.</summary>
/// <param name="Fragment">What makes the partial states.</param>
/// <param name="Merged">The name of the relation of finished groups.</param>
/// <param name="MergedSql">That relation, over the partial states.</param>
internal sealed record AggregatePlan(PlannedFragment Fragment, string Merged, string MergedSql)
{
    /// <summary>The text of a statement with the SELECT replaced, over all nodes' partial states.</summary>
    public string Final(string sql) => Inline(sql, Merged, MergedSql);

    /// <summary>The same on one node that has all rows.</summary>
    public string Local(string sql) =>
        Inline(sql, Merged, Inline(MergedSql, Fragment.ResultName, Fragment.Sql));

    // No other text can hold such a name: statements that mention one are never split.
    private static string Inline(string sql, string relation, string definition) =>
        sql.Replace($"FROM {relation}", $"FROM ({definition}) AS {relation}", StringComparison.Ordinal);
}
