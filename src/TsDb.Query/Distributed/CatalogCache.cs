using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What other nodes have said of their catalogs, so that they need to say changes only.</summary>
internal sealed class CatalogCache
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId Node, TableId Table), NodeTable> _tables = [];
    private readonly Dictionary<TableId, (ImmutableArray<Column> Columns, ResolvedTable Table)> _resolved =
        [];
    private int _shardCount;

    /// <summary>What is known of a node's tables of that name, in any case.</summary>
    public ImmutableArray<KnownTable> Known(NodeId node, string database, string table)
    {
        lock (_gate)
        {
            return
            [
                .. _tables.Where(entry => entry.Key.Node == node && IsNamed(entry.Key.Table, database, table))
                    .Select(entry => new KnownTable(entry.Key.Table, entry.Value.Version))
                    .OrderBy(known => known.Table),
            ];
        }
    }

    /// <summary>What nodes have last said of their tables of that name, in any case.</summary>
    public IReadOnlyList<HeardNode> Last(string database, string table, Func<NodeId, bool> isLive)
    {
        lock (_gate)
        {
            return
            [
                .. _tables.Where(entry => IsNamed(entry.Key.Table, database, table) && isLive(entry.Key.Node))
                    .GroupBy(entry => entry.Key.Node, entry => entry.Value)
                    .OrderBy(node => node.Key)
                    .Select(node => new HeardNode(
                        node.Key, node.First().Version, [], [],
                        node.ToImmutableDictionary(known => known.Table), Erasures: 0, Listed: [])),
            ];
        }
    }

    /// <summary>Takes in an answer; null if it builds on something that is not known any more: ask for
    /// all.</summary>
    public ImmutableDictionary<TableId, NodeTable>? Apply(NodeId node, CatalogAnswer answer, int shardCount)
    {
        lock (_gate)
        {
            if (_shardCount != shardCount) _tables.Clear();
            _shardCount = shardCount;
            ImmutableDictionary<TableId, NodeTable>.Builder tables =
                ImmutableDictionary.CreateBuilder<TableId, NodeTable>();
            foreach (TableCatalog said in answer.Tables)
            {
                NodeTable? known = _tables.GetValueOrDefault((node, said.Table));
                if (NodeTable.Apply(known, answer.Version, said, shardCount) is not { } now) return null;
                _tables[(node, said.Table)] = now;
                tables.Add(said.Table, now);
            }

            return tables.ToImmutable();
        }
    }

    /// <summary>Forgets a node, so that it is asked for all again.</summary>
    public void Forget(NodeId node)
    {
        lock (_gate)
        {
            foreach (
                (NodeId Node, TableId Table) key in _tables.Keys.Where(key => key.Node == node).ToArray())
                _tables.Remove(key);
        }
    }

    /// <summary>The resolved table for these columns: the same object as long as they are the same.</summary>
    public ResolvedTable Resolve(TableId table, IEnumerable<Column> columns)
    {
        ImmutableArray<Column> distinct =
        [
            .. columns.Distinct().OrderBy(column => column.Name, StringComparer.Ordinal)
                .ThenBy(column => column.Role).ThenBy(column => column.Type),
        ];
        lock (_gate)
        {
            if (_resolved.TryGetValue(table, out (ImmutableArray<Column> Columns, ResolvedTable Table) kept)
                && kept.Columns.AsSpan().SequenceEqual(distinct.AsSpan())) return kept.Table;
            ResolvedTable resolved = TypeResolver.Resolve(table, distinct);
            _resolved[table] = (distinct, resolved);
            return resolved;
        }
    }

    private static bool IsNamed(TableId id, string database, string table) =>
        id.Database.Equals(database, StringComparison.OrdinalIgnoreCase)
        && id.Table.Equals(table, StringComparison.OrdinalIgnoreCase);
}
