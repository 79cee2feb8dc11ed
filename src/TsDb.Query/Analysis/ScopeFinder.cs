using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Query.Analysis;

/// <summary>
/// Bounds on time and edge that every row must meet, from the conditions that all must hold. Cautious: a
/// condition that
/// is not understood bounds nothing.
/// </summary>
internal static class ScopeFinder
{
    /// <summary>The AND parts of a condition, nested ones opened; none for no condition.</summary>
    public static IEnumerable<JsonObject> Conjuncts(JsonObject? condition)
    {
        if (condition is null) return [];
        return condition.IsType("CONJUNCTION_AND")
            ? condition.Objects("children").SelectMany(Conjuncts)
            : [condition];
    }

    /// <summary>
    /// The scope of a scan whose rows all meet the conditions. In them <paramref name="isColumn"/> tells the
    /// scanned
    /// table's own column of a name from anything else.
    /// </summary>
    public static ScanScope Find(
        IEnumerable<JsonObject> conjuncts,
        Func<JsonObject, string, bool> isColumn,
        IReadOnlySet<string>? columns)
    {
        Int128 start = long.MinValue;
        Int128 end = long.MaxValue;
        SortedSet<EdgeId>? edges = null;
        foreach (JsonObject condition in conjuncts)
        {
            (Int128 from, Int128 to) = TimeSpanOf(condition, e => isColumn(e, TypeResolver.TimeName));
            start = Int128.Max(start, from);
            end = Int128.Min(end, to);
            if (EdgesOf(condition, e => isColumn(e, TypeResolver.EdgeName)) is not { } named) continue;
            if (edges is null) edges = named;
            else edges.IntersectWith(named);
        }

        start = Int128.Min(start, long.MaxValue);
        TimeRange range = new((long)start, (long)Int128.Max(start, end));
        return new ScanScope(range, edges, columns);
    }

    private static (Int128 Start, Int128 End) TimeSpanOf(JsonObject condition, Func<JsonObject, bool> isTime)
    {
        (Int128 Start, Int128 End) all = (long.MinValue, long.MaxValue);
        if (condition.IsType("COMPARE_BETWEEN") && condition.Object("input") is { } input && isTime(input))
        {
            return (TimeConstants.Fold(condition.Object("lower"))?.Low ?? all.Start,
                TimeConstants.Fold(condition.Object("upper"))?.High + 1 ?? all.End);
        }

        if (condition.IsType("COMPARE_IN") && condition.Objects("children") is { Count: > 1 } list
            && isTime(list[0]))
        {
            TimeConstants.Bound?[] times = [.. list.Skip(1).Select(TimeConstants.Fold)];
            return times.All(time => time is not null)
                ? (times.Min(time => time!.Value.Low), times.Max(time => time!.Value.High) + 1)
                : all;
        }

        if (!condition.IsClass("COMPARISON")) return all;
        JsonObject? left = condition.Object("left");
        JsonObject? right = condition.Object("right");
        bool isTurned = right is not null && isTime(right);
        if (!isTurned && !(left is not null && isTime(left))) return all;
        if (TimeConstants.Fold(isTurned ? left : right) is not { } bound) return all;
        return (condition.Text("type"), isTurned) switch
        {
            ("COMPARE_EQUAL" or "COMPARE_NOT_DISTINCT_FROM", _) => (bound.Low, bound.High + 1),
            ("COMPARE_GREATERTHAN", false) or ("COMPARE_LESSTHAN", true) => (bound.Low + 1, all.End),
            ("COMPARE_GREATERTHANOREQUALTO", false) or ("COMPARE_LESSTHANOREQUALTO", true) =>
                (bound.Low, all.End),
            ("COMPARE_LESSTHAN", false) or ("COMPARE_GREATERTHAN", true) => (all.Start, bound.High),
            ("COMPARE_LESSTHANOREQUALTO", false) or ("COMPARE_GREATERTHANOREQUALTO", true) =>
                (all.Start, bound.High + 1),
            _ => all,
        };
    }

    private static SortedSet<EdgeId>? EdgesOf(JsonObject condition, Func<JsonObject, bool> isEdge)
    {
        IReadOnlyList<JsonObject> values;
        if (condition.IsType("COMPARE_IN") && condition.Objects("children") is { Count: > 1 } list
            && isEdge(list[0]))
        {
            values = [.. list.Skip(1)];
        }
        else if (condition.IsType("COMPARE_EQUAL")
            && condition.Object("left") is { } left && condition.Object("right") is { } right)
        {
            if (isEdge(left)) values = [right];
            else if (isEdge(right)) values = [left];
            else return null;
        }
        else
        {
            return null;
        }

        SortedSet<EdgeId> edges = [];
        foreach (JsonObject value in values)
        {
            JsonObject? constant = value.IsClass("CONSTANT") ? value.Object("value") : null;
            if (constant.Object("type").Text("id") != "VARCHAR" || constant.Flag("is_null")) return null;

            // A text that cannot be an edge's name equals none.
            string name = constant.Text("value");
            if (EdgeId.IsValid(name)) edges.Add(new EdgeId(name));
        }

        return edges;
    }
}
