using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What other nodes have said of their catalogs, so that they need to say changes only.</summary>
internal sealed class CatalogCache
{
    private readonly Lock _gate = new();

    // By name in any case, since that is how they are asked for.
    private readonly Dictionary<TableId, SortedDictionary<(NodeId Node, TableId Table), NodeTable>> _tables =
        new(new AnyCase());
    private readonly Dictionary<TableId, Resolution> _resolved = [];

    // What was last made of them, until anything new is said.
    private readonly Dictionary<TableId, IReadOnlyList<HeardNode>> _last = new(new AnyCase());
    private int _shardCount;

    /// <summary>What is known of a node's tables of that name, in any case.</summary>
    public ImmutableArray<KnownTable> Known(NodeId node, string database, string table)
    {
        lock (_gate)
        {
            return _tables.TryGetValue(new TableId(database, table), out var named)
                ? [.. named.Where(entry => entry.Key.Node == node)
                    .Select(entry => new KnownTable(entry.Key.Table, entry.Value.Version))]
                : [];
        }
    }

    /// <summary>What nodes have last said of their tables of that name, in any case.</summary>
    public IReadOnlyList<HeardNode> Last(string database, string table, Func<NodeId, bool> isLive)
    {
        lock (_gate)
        {
            TableId id = new(database, table);
            if (!_tables.TryGetValue(id, out var named)) return [];
            if (!_last.TryGetValue(id, out IReadOnlyList<HeardNode>? last))
                _last.Add(id, last = LastOf(named));
            return last.All(node => isLive(node.Node)) ? last : [.. last.Where(node => isLive(node.Node))];
        }
    }

    /// <summary>Takes in an answer; null if it builds on something that is not known any more: ask for
    /// all.</summary>
    public ImmutableDictionary<TableId, NodeTable>? Apply(NodeId node, CatalogAnswer answer, int shardCount)
    {
        lock (_gate)
        {
            if (_shardCount != shardCount)
            {
                _tables.Clear();
                _last.Clear();
            }

            _shardCount = shardCount;
            ImmutableDictionary<TableId, NodeTable>.Builder tables =
                ImmutableDictionary.CreateBuilder<TableId, NodeTable>();
            foreach (TableCatalog said in answer.Tables)
            {
                if (!_tables.TryGetValue(said.Table, out var named)) _tables.Add(said.Table, named = []);
                NodeTable? known = named.GetValueOrDefault((node, said.Table));
                if (NodeTable.Apply(known, answer.Version, said, shardCount) is not { } now) return null;
                tables.Add(said.Table, now);
                if (ReferenceEquals(now, known)) continue;
                named[(node, said.Table)] = now;
                _last.Remove(said.Table);
            }

            return tables.ToImmutable();
        }
    }

    /// <summary>Forgets a node, so that it is asked for all again.</summary>
    public void Forget(NodeId node)
    {
        lock (_gate)
        {
            _last.Clear();
            foreach (var named in _tables.Values)
            {
                foreach ((NodeId, TableId) key in named.Keys.Where(key => key.Node == node).ToArray())
                    named.Remove(key);
            }
        }
    }

    /// <summary>The resolved table for these columns: the same object as long as they are the same.</summary>
    public ResolvedTable Resolve(TableId table, IReadOnlyList<ImmutableArray<Column>> said)
    {
        lock (_gate)
        {
            // Nodes say their columns only when they change: mostly these are the very same lists.
            if (_resolved.TryGetValue(table, out Resolution? kept) && kept.Said.SequenceEqual(said))
                return kept.Table;
            ImmutableArray<Column> distinct =
            [
                .. said.SelectMany(columns => columns).Distinct()
                    .OrderBy(column => column.Name, StringComparer.Ordinal)
                    .ThenBy(column => column.Role).ThenBy(column => column.Type),
            ];
            ResolvedTable resolved = kept is not null
                && kept.Columns.AsSpan().SequenceEqual(distinct.AsSpan())
                    ? kept.Table : TypeResolver.Resolve(table, distinct);
            _resolved[table] = new Resolution([.. said], distinct, resolved);
            return resolved;
        }
    }

    private static IReadOnlyList<HeardNode> LastOf(
        SortedDictionary<(NodeId Node, TableId Table), NodeTable> named) =>
    [
        .. named.GroupBy(entry => entry.Key.Node, entry => entry.Value)
            .Select(node => new HeardNode(
                node.Key, node.First().Version, ShardSet.None, [],
                node.ToImmutableDictionary(known => known.Table), Erasures: 0, Listed: [])),
    ];

    private sealed record Resolution(
        ImmutableArray<ImmutableArray<Column>> Said, ImmutableArray<Column> Columns, ResolvedTable Table);

    private sealed class AnyCase : IEqualityComparer<TableId>
    {
        public bool Equals(TableId? a, TableId? b) =>
            string.Equals(a?.Database, b?.Database, StringComparison.OrdinalIgnoreCase)
            && string.Equals(a?.Table, b?.Table, StringComparison.OrdinalIgnoreCase);

        public int GetHashCode(TableId table) => HashCode.Combine(
            StringComparer.OrdinalIgnoreCase.GetHashCode(table.Database),
            StringComparer.OrdinalIgnoreCase.GetHashCode(table.Table));
    }
}
