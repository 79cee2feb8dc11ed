using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>Which shards can hold a cell of a scope, heard of or not.</summary>
internal static class RelevantShards
{
    // Above it the scope touches about every shard anyway.
    private const long CellsMax = 4_096;

    /// <summary>All shards, unless the scope names edges and bounds the days.</summary>
    public static ImmutableArray<ShardId> Of(ClusterView view, ScanScope scope, TableId? table = null)
    {
        if (scope.Range.IsEmpty || scope.Edges is { Count: 0 }) return [];
        int first = Day.Of(scope.Range.StartNanoseconds).Number;
        int last = Day.Of(scope.Range.EndNanoseconds - 1).Number;
        if (table is null || scope.Edges is null || ((long)last - first + 1) * scope.Edges.Count > CellsMax)
            return view.Shards;
        SortedSet<ShardId> shards = [];
        foreach (EdgeId edge in scope.Edges)
        {
            for (int day = first; day <= last; day++)
                shards.Add(ShardId.Of(new Cell(table, edge, new Day(day)), view.ShardCount));
        }

        return [.. shards];
    }
}
