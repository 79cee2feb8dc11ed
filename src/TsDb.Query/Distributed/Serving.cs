using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What one node answers of a fragment.</summary>
/// <param name="Node">The node.</param>
/// <param name="Shards">All cells of these shards,</param>
/// <param name="Except">without these,</param>
/// <param name="Also">and these of others.</param>
internal sealed record Serving(
    NodeId Node, ImmutableArray<ShardId> Shards, ImmutableArray<Cell> Except, ImmutableArray<Cell> Also)
{
    /// <summary>True if the node has something to answer.</summary>
    public bool IsAny => Shards.Length > 0 || Also.Length > 0;

    /// <summary>A serving in the making.</summary>
    internal sealed class Builder
    {
        public List<ShardId> Shards { get; } = [];

        public List<Cell> Except { get; } = [];

        public List<Cell> Also { get; } = [];

        public Serving Build(NodeId node) => new(node, [.. Shards], [.. Except], [.. Also]);
    }
}
