namespace TsDb.Simulation.Queries;

/// <summary>The aggregates of <see cref="SmallSql"/>; nulls do not count.</summary>
internal static class SmallAggregates
{
    private static readonly string[] Names = ["count", "sum", "min", "max"];

    public static bool IsAggregate(SmallSql.Call call) => Names.Contains(call.Function);

    public static bool IsIn(SmallSql.Expression expression) =>
        expression is SmallSql.Call call && (IsAggregate(call) || call.Arguments.Any(IsIn));

    public static object? Of(string function, IEnumerable<object?> values)
    {
        List<object> given = [.. values.OfType<object>()];
        if (function == "count") return (long)given.Count;
        if (given.Count == 0) return null;
        return function switch
        {
            "min" => given.Min(),
            "max" => given.Max(),
            _ => given.Sum(value => (long)value),
        };
    }
}
