using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Planning;

namespace TsDb.Query.Distributed;

/// <summary>
/// Who has what of one table within a scope, of the shards' owners that were heard. Owned by one query, not
/// shared.
/// </summary>
internal sealed class CellHoldings
{
    private const int CellsFew = 2;

    private readonly SortedDictionary<Cell, Holding> _cells = [];
    private readonly SortedDictionary<NodeId, CatalogVersion> _versions = [];
    private readonly SortedDictionary<NodeId, ImmutableArray<KnownCell>> _said = [];
    private readonly ClusterView _view;
    private (NodeId[] Usable, IReadOnlyList<Serving> Servings, IReadOnlyList<Cell> Unheld)? _assigned;

    public CellHoldings(ClusterView view, TableId table, ScanScope scope, IEnumerable<HeardNode> heard)
    {
        _view = view;
        foreach (HeardNode node in heard)
        {
            _versions[node.Node] = node.Version;
            if (!node.Tables.TryGetValue(table, out NodeTable? known)) continue;

            // What the node's catalog holds now is at least what it held when it answered another query.
            _versions[node.Node] = known.Version;
            _said[node.Node] = known.Cells;
            foreach (KnownCell cell in known.Cells)
            {
                if (!scope.Includes(cell.Cell) || !cell.Range.Overlaps(scope.Range)) continue;
                if (!view.Owners[cell.Shard.Value].Contains(node.Node)) continue;
                if (!_cells.TryGetValue(cell.Cell, out Holding? holding))
                    _cells.Add(cell.Cell, holding = new Holding(cell.Shard));
                holding.Nodes[node.Node] = cell.Digest;
            }
        }
    }

    private CellHoldings(CellHoldings whole, IReadOnlySet<Cell> cells)
    {
        _view = whole._view;
        foreach ((NodeId node, CatalogVersion version) in whole._versions) _versions.Add(node, version);
        foreach ((Cell cell, Holding holding) in whole._cells)
        {
            if (cells.Contains(cell)) _cells.Add(cell, holding);
        }
    }

    /// <summary>
    /// Takes these for the holdings of what was heard now, if all nodes still say the same of the cells;
    /// false if not. Only holdings that nothing was said about since they were made.
    /// </summary>
    public bool TryRenew(TableId table, IReadOnlyList<HeardNode> heard)
    {
        int same = 0;
        foreach (HeardNode node in heard)
        {
            if (!node.Tables.TryGetValue(table, out NodeTable? known)) continue;
            if (!_said.TryGetValue(node.Node, out ImmutableArray<KnownCell> cells) || cells != known.Cells)
                return false;
            same++;
        }

        if (same != _said.Count) return false;
        foreach (HeardNode node in heard)
            _versions[node.Node] = node.Tables.TryGetValue(table, out NodeTable? known)
                ? known.Version : node.Version;
        return true;
    }

    /// <summary>Cells in the scope, in order.</summary>
    public IEnumerable<Cell> Cells => _cells.Keys;

    /// <summary>Shards that have a cell in the scope, in order.</summary>
    public SortedSet<ShardId> Shards => [.. _cells.Values.Select(holding => holding.Shard)];

    /// <summary>
    /// Cells that nodes hold in different states, with one node for each state: only the leaves themselves
    /// tell whether
    /// one of them has all.
    /// </summary>
    public IEnumerable<(Cell Cell, IReadOnlyList<NodeId> Nodes)> Disputed()
    {
        foreach ((Cell cell, Holding holding) in _cells)
        {
            if (holding.Nodes.Count < 2) continue;
            NodeId[] states = [.. holding.Nodes.DistinctBy(pair => pair.Value).Select(pair => pair.Key)];
            if (states.Length > 1) yield return (cell, states);
        }
    }

    /// <summary>What the owners have of each cell together.</summary>
    public IEnumerable<(Cell Cell, LeafDigest Digest)> States() =>
        _cells.Select(pair => (pair.Key, pair.Value.Whole));

    /// <summary>Says what all heard owners have of a cell together.</summary>
    public void SetUnion(Cell cell, LeafDigest union)
    {
        _cells[cell].Union = union;
        _assigned = null;
    }

    /// <summary>Says that a node has all of a cell from a version of its catalog on.</summary>
    public void SetWhole(Cell cell, NodeId node, CatalogVersion from)
    {
        _cells[cell].Nodes[node] = _cells[cell].Whole;
        _versions[node] = from;
        _assigned = null;
    }

    /// <summary>Makes do with the fullest state that one of the nodes has.</summary>
    public void SettleForFullest(Cell cell, Func<NodeId, bool> isUsable)
    {
        Holding holding = _cells[cell];
        LeafDigest[] states = [.. holding.Nodes.Where(pair => isUsable(pair.Key)).Select(pair => pair.Value)];
        if (states.Length > 0) holding.Union = states.MaxBy(digest => digest.Count);
        else _cells.Remove(cell);
        _assigned = null;
    }

    /// <summary>The moment of the node's catalog that a fragment there must not fall behind.</summary>
    public CatalogVersion VersionOf(NodeId node) => _versions[node];

    /// <summary>The usable owner that has most of the cell's leaves; null if none is usable.</summary>
    public NodeId? Fullest(Cell cell, Func<NodeId, bool> isUsable)
    {
        Holding holding = _cells[cell];
        NodeId[] usable = [.. holding.Nodes.Keys.Where(isUsable)];
        return usable.Length == 0 ? null : usable.MaxBy(node => holding.Nodes[node].Count);
    }

    /// <summary>The cell's heard owners that have leaves of it.</summary>
    public IEnumerable<NodeId> HoldersOfAny(Cell cell) => _cells[cell].Nodes.Keys;

    /// <summary>
    /// Who serves what: for each shard one owner, the best first, that holds all of all its cells or else of
    /// most; its
    /// other cells are served by somebody else who holds all of them. Cells that nobody usable holds whole
    /// are left
    /// over.
    /// </summary>
    public (IReadOnlyList<Serving> Servings, IReadOnlyList<Cell> Unheld) Assign(Func<NodeId, bool> isUsable)
    {
        NodeId[] usable = [.. _versions.Keys.Where(isUsable)];
        if (_assigned is not { } last || !last.Usable.AsSpan().SequenceEqual(usable))
        {
            (IReadOnlyList<Serving> servings, IReadOnlyList<Cell> unheld) = AssignTo(usable);
            _assigned = last = (usable, servings, unheld);
        }

        return (last.Servings, last.Unheld);
    }

    private (IReadOnlyList<Serving> Servings, IReadOnlyList<Cell> Unheld) AssignTo(NodeId[] usable)
    {
        SortedDictionary<NodeId, Serving.Builder> servings = [];
        List<Cell> unheld = [];
        foreach (IGrouping<ShardId, KeyValuePair<Cell, Holding>> shard in _cells.GroupBy(c => c.Value.Shard))
        {
            // Few cells are quickest where the question arrived; many are shared out.
            IEnumerable<NodeId> order = _view.Owners[shard.Key.Value];
            if (_cells.Count <= CellsFew) order = order.OrderBy(owner => owner == _view.Self ? 0 : 1);
            NodeId[] owners = [.. order.Where(usable.Contains)];
            KeyValuePair<Cell, Holding>[] cells = [.. shard];
            NodeId? best = owners.Length == 0
                ? null
                : owners.MaxBy(owner => cells.Count(cell => cell.Value.IsWhole(owner)));
            if (best is { } server) BuilderOf(servings, server).Shards.Add(shard.Key);
            foreach ((Cell cell, Holding holding) in cells)
            {
                if (best is { } node && holding.IsWhole(node)) continue;
                if (best is { } not) BuilderOf(servings, not).Except.Add(cell);
                NodeId[] others = [.. owners.Where(holding.IsWhole)];
                if (others.Length > 0) BuilderOf(servings, others[0]).Also.Add(cell);
                else unheld.Add(cell);
            }
        }

        return ([.. servings.Select(pair => pair.Value.Build(pair.Key))], unheld);
    }

    /// <summary>What the node of a serving is asked.</summary>
    public FragmentRequest RequestTo(Serving serving, PlannedFragment fragment, SqlLimits limits) => new()
    {
        Fragment = fragment,
        ShardCount = _view.ShardCount,
        Shards = serving.Shards,
        Except = serving.Except,
        Also = serving.Also,
        AtLeast = VersionOf(serving.Node),
        Limits = limits,
    };

    /// <summary>The cells that a serving answers.</summary>
    public IEnumerable<Cell> CellsOf(Serving serving)
    {
        HashSet<ShardId> shards = [.. serving.Shards];
        HashSet<Cell> except = [.. serving.Except];
        return _cells.Where(pair => shards.Contains(pair.Value.Shard) && !except.Contains(pair.Key))
            .Select(pair => pair.Key).Concat(serving.Also);
    }

    /// <summary>The same holdings without some cells.</summary>
    public CellHoldings Without(IReadOnlySet<Cell> cells) =>
        new(this, _cells.Keys.Where(cell => !cells.Contains(cell)).ToHashSet());

    /// <summary>The same holdings without all other cells.</summary>
    public CellHoldings Only(IReadOnlySet<Cell> cells) => new(this, cells);

    private static Serving.Builder BuilderOf(SortedDictionary<NodeId, Serving.Builder> servings, NodeId node)
    {
        if (!servings.TryGetValue(node, out Serving.Builder? builder))
            servings.Add(node, builder = new Serving.Builder());
        return builder;
    }

    private sealed class Holding(ShardId shard)
    {
        public ShardId Shard => shard;

        public SortedDictionary<NodeId, LeafDigest> Nodes { get; } = [];

        public LeafDigest? Union { get; set; }

        // Where all states are one, that is the union; an owner without the cell only lacks it.
        public LeafDigest Whole => Union ?? Nodes.Values.First();

        public bool IsWhole(NodeId node) => Nodes.TryGetValue(node, out LeafDigest digest) && digest == Whole;
    }
}
