using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Query.Distributed;
using TsDb.Query.Ports;

namespace TsDb.Conformance.Fleets;

/// <summary>A cloud node's replicas in memory: leaves over real segment files.</summary>
internal sealed class FleetNode(NodeId id, Func<NodeId, FleetNode> peer) : IReplicaSource
{
    private ImmutableSortedDictionary<string, (Leaf Leaf, SegmentRef Segment)> _leaves =
        ImmutableSortedDictionary<string, (Leaf, SegmentRef)>.Empty;

    private long _number = 1;
    private long _lastLoss;

    public NodeId Id => id;

    public Guid Instance { get; set; } = Guid.Parse("00000000-0000-0000-0000-0000000000aa");

    public ImmutableArray<ShardId> Recovering { get; set; } = [];

    public bool IsDown { get; set; }

    public bool IsHung { get; set; }

    /// <summary>Fragments that still succeed before the node goes down; negative for all.</summary>
    public int FragmentsLeft { get; set; } = -1;

    public int Fetched { get; private set; }

    public IEnumerable<SegmentRef> Segments => _leaves.Values.Select(entry => entry.Segment);

    public Erasures Erasures { get; set; } = Erasures.None;

    /// <summary>The configuration that it has applied; 0 if it does not say.</summary>
    public Epoch Epoch { get; set; }

    public IReplicaLease Acquire() => new Lease(_leaves, _number, Erasures, Epoch)
    {
        LastLoss = _lastLoss,
    };

    // No news comes while a question waits.
    public Task HearErasuresAsync(long number, CancellationToken ct) => Erasures.Number >= number
        ? Task.CompletedTask
        : throw new TsDbException(ErrorKind.Unavailable, $"{id} has not heard of {number}");

    public void Add(Leaf leaf, SegmentRef segment)
    {
        _leaves = _leaves.SetItem(leaf.ToString(), (leaf, segment));
        _number++;
    }

    /// <summary>A leaf's rows lie in another file now; the catalog of leaves is as before.</summary>
    public void Replace(Leaf leaf, SegmentRef segment)
    {
        if (_leaves.ContainsKey(leaf.ToString())) _leaves = _leaves.SetItem(leaf.ToString(), (leaf, segment));
    }

    /// <summary>Puts another file, which cannot be read, where one of this node's is; returns its name.
    /// </summary>
    public string Damage(SegmentRef segment)
    {
        string path = $"{segment.Path}.{id}.parquet";
        File.WriteAllBytes(path, [.. File.ReadAllBytes(segment.Path).Take(100)]);
        foreach ((Leaf leaf, SegmentRef held) in _leaves.Values)
        {
            if (held.Path == segment.Path) Replace(leaf, segment with { Path = path });
        }

        return Path.GetFileName(path);
    }

    public Task<bool> CheckAsync(SegmentRef segment)
    {
        (Leaf leaf, _) = _leaves.Values.FirstOrDefault(entry => entry.Segment.Path == segment.Path);
        if (leaf is null) return Task.FromResult(false);
        Drop(leaf);
        _lastLoss = _number;
        Recovering = Recovering.Add(ShardId.Of(leaf.Cell, Fleet.ShardCount));
        return Task.FromResult(false);
    }

    public void Drop(Leaf leaf)
    {
        _leaves = _leaves.Remove(leaf.ToString());
        _number++;
    }

    public Task FetchAsync(ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct)
    {
        foreach (Leaf leaf in leaves)
        {
            Add(leaf, peer(source)._leaves[leaf.ToString()].Segment);
            Fetched++;
        }

        return Task.CompletedTask;
    }

    private sealed class Lease(ImmutableSortedDictionary<string, (Leaf Leaf, SegmentRef Segment)> leaves,
        long number, Erasures erasures, Epoch epoch)
        : IReplicaLease
    {
        public long Number => number;

        public long LastLoss { get; init; }

        public long Erasures => erasures.Number;

        public Epoch Epoch => epoch;

        public PointMask Mask(TableId table, long upTo) => PointMask.Of(erasures, table, upTo);

        public IEnumerable<TableId> Tables =>
            leaves.Values.Select(entry => entry.Leaf.Cell.Table).Distinct().Order();

        public object? Stamp(TableId table) => leaves;

        public ImmutableArray<Column> Columns(TableId table) =>
        [
            .. leaves.Values.Where(entry => entry.Leaf.Cell.Table == table)
                .SelectMany(entry =>
                    entry.Segment.Manifest.Tags.Concat(entry.Segment.Manifest.Fields)).Distinct(),
        ];

        public IEnumerable<CellFact> Cells(TableId table) =>
            leaves.Values.Where(entry => entry.Leaf.Cell.Table == table)
                .GroupBy(entry => entry.Leaf.Cell)
                .OrderBy(group => group.Key)
                .Select(group => new CellFact(
                    group.Key.Edge,
                    group.Key.Day,
                    LeafDigest.Of(group.Select(entry => entry.Leaf)),
                    group.Select(entry => entry.Segment.Manifest.Range).Aggregate((a, b) => a.Union(b))));

        public IEnumerable<Leaf> Leaves(Cell cell) =>
            leaves.Values.Select(entry => entry.Leaf).Where(leaf => leaf.Cell == cell);

        public TableSnapshot Snapshot(TableId table, long erasures, Func<Cell, bool> includes) => new(
            table,
            [
                .. leaves.Values.Where(entry => entry.Leaf.Cell.Table == table && includes(entry.Leaf.Cell))
                    .Select(entry => entry.Segment).Distinct(),
            ],
            null);

        public void Dispose()
        {
        }
    }
}
