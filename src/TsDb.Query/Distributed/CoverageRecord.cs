using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>A coverage in the making. Owned by one query.</summary>
internal sealed class CoverageRecord(Consistency consistency)
{
    private readonly SortedSet<ShardId> _shards = [];
    private readonly List<string> _missing = [];
    private readonly SortedSet<EdgeId> _edges = [];
    private readonly SortedSet<EdgeId> _silent = [];

    public void Add(IEnumerable<ShardId> shards) => _shards.UnionWith(shards);

    public void AddEdges(IEnumerable<EdgeId> edges) => _edges.UnionWith(edges);

    public void AddSilent(EdgeId edge) => _silent.Add(edge);

    public void Miss(string what)
    {
        if (!_missing.Contains(what)) _missing.Add(what);
    }

    public Coverage Finish(IEnumerable<NodeId> served)
    {
        bool isChecked = consistency != Consistency.One;
        return new Coverage
        {
            Consistency = consistency,
            Shards = _shards.Count,
            NodesAsked = [.. served],
            EdgesAsked = [.. _edges],
            EdgesSilent = [.. _silent],
            Missing = [.. _missing],
            Checked = isChecked,
            Complete = isChecked && _missing.Count == 0,
        };
    }
}
