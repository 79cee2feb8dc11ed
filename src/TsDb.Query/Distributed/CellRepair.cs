using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// Brings the different states of a cell together: what do its owners have in all, who has that, and if
/// nobody has, who
/// can fetch what it lacks.
/// </summary>
internal sealed class CellRepair(ICatalogClient catalogs, CellHoldings holdings, Func<NodeId, bool> isUsable)
{
    private readonly Dictionary<Cell, Dictionary<NodeId, HashSet<Leaf>>> _leaves = [];

    /// <summary>Asks for the leaves of the cells that are held in different states, one question a
    /// node.</summary>
    public async Task UniteAsync(CancellationToken ct)
    {
        (Cell Cell, IReadOnlyList<NodeId> Nodes)[] disputed = [.. holdings.Disputed()];
        if (disputed.Length == 0) return;
        Task[] asked =
        [
            .. disputed.SelectMany(d => d.Nodes.Select(node => (Node: node, d.Cell)))
                .GroupBy(pair => pair.Node, pair => pair.Cell)
                .OrderBy(group => group.Key)
                .Select(group => ListAsync(group.Key, [.. group], ct)),
        ];
        await Task.WhenAll(asked);
        foreach ((Cell cell, _) in disputed)
        {
            IEnumerable<Leaf> all = _leaves.GetValueOrDefault(cell)?.Values.SelectMany(leaves => leaves)
                ?? [];
            holdings.SetUnion(cell, LeafDigest.Of(all.Distinct()));
        }
    }

    /// <summary>Has the fullest owner fetch what it lacks of the cell; false if that did not work.</summary>
    public async Task<bool> FetchAsync(Cell cell, CancellationToken ct)
    {
        if (holdings.Fullest(cell, isUsable) is not { } node) return false;
        if (!_leaves.TryGetValue(cell, out Dictionary<NodeId, HashSet<Leaf>>? known)) return false;
        try
        {
            HashSet<Leaf> has = [.. await catalogs.LeavesAsync(node, [cell], ct)];
            CatalogVersion version = holdings.VersionOf(node);
            foreach ((NodeId source, HashSet<Leaf> leaves) in known.OrderBy(pair => pair.Key))
            {
                ImmutableArray<Leaf> lacking = [.. leaves.Where(leaf => !has.Contains(leaf))];
                if (lacking.Length == 0) continue;
                version = await catalogs.FetchAsync(node, lacking, source, ct);
                has.UnionWith(lacking);
            }

            holdings.SetWhole(cell, node, version);
            return true;
        }
        catch (TsDbException)
        {
            // Said by the caller: the cell is named missing.
            return false;
        }
    }

    private async Task ListAsync(NodeId node, ImmutableArray<Cell> cells, CancellationToken ct)
    {
        ImmutableArray<Leaf> leaves;
        try
        {
            leaves = await catalogs.LeavesAsync(node, cells, ct);
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Unavailable or ErrorKind.Closed)
        {
            // It answered a moment ago, and what it has counts: without it the query begins again.
            throw new TsDbException(ErrorKind.Conflict, $"{node} failed while the query was planned", e);
        }

        lock (_leaves)
        {
            foreach (Leaf leaf in leaves)
            {
                if (!_leaves.TryGetValue(leaf.Cell, out Dictionary<NodeId, HashSet<Leaf>>? known))
                    _leaves.Add(leaf.Cell, known = []);
                if (!known.TryGetValue(node, out HashSet<Leaf>? set)) known.Add(node, set = []);
                set.Add(leaf);
            }
        }
    }
}
