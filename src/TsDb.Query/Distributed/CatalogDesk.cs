using System.Collections.Immutable;
using TsDb.Model;
using TsDb.Query.Ports;

namespace TsDb.Query.Distributed;

/// <summary>
/// Answers other nodes' questions about this node's replicas. It remembers for each cell when it last
/// changed, so that
/// an asker who has been told once is told changes only. Safe to call from many threads.
/// </summary>
public sealed class CatalogDesk(IReplicaSource replicas)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TableId, Journal> _journals = [];

    /// <summary>Keeps the moments that fresh queries are told; null if none is kept.</summary>
    public HeldMoments? Held { get; init; }

    /// <summary>What is here of the tables asked for.</summary>
    public CatalogAnswer Answer(CatalogQuestion question)
    {
        lock (_gate)
        {
            // Moments are read in their order.
            IReplicaLease lease = replicas.Acquire();
            bool isHeld = false;
            try
            {
                CatalogAnswer answer = Answer(question, lease);
                isHeld = Held is not null && question.Hold > TimeSpan.Zero;
                if (isHeld) Held!.Hold(lease, question.Hold);
                return answer;
            }
            finally
            {
                if (!isHeld) lease.Dispose();
            }
        }
    }

    /// <summary>The leaves here of these cells.</summary>
    public ImmutableArray<Leaf> Leaves(ImmutableArray<Cell> cells)
    {
        using IReplicaLease lease = replicas.Acquire();
        return [.. cells.SelectMany(lease.Leaves)];
    }

    /// <summary>Fetches leaves from another owner; returns a version of the catalog that has them.</summary>
    public async Task<CatalogVersion> FetchAsync(
        ImmutableArray<Leaf> leaves, NodeId source, CancellationToken ct)
    {
        await replicas.FetchAsync(leaves, source, ct);
        using IReplicaLease lease = replicas.Acquire();
        return new CatalogVersion(replicas.Instance, lease.Number);
    }

    private CatalogAnswer Answer(CatalogQuestion question, IReplicaLease lease)
    {
        CatalogVersion version = new(replicas.Instance, lease.Number);
        SortedSet<string> databases = new(StringComparer.Ordinal);
        SortedDictionary<TableId, TableCatalog> tables = [];
        List<ListedTable> listed = [];
        foreach (TableId table in lease.Tables)
        {
            if (question.Lists.Contains("")) databases.Add(table.Database);
            if (question.Lists.Any(database => IsSame(database, table.Database)))
            {
                databases.Add(table.Database);
                listed.Add(new ListedTable(table, lease.Columns(table)));
            }

            foreach (TableQuestion asked in question.Tables)
            {
                if (!IsSame(asked.Database, table.Database)) continue;
                databases.Add(table.Database);
                if (IsSame(asked.Table, table.Table) && !tables.ContainsKey(table))
                    tables.Add(table, Changes(lease, table, version, asked, question.ColumnsOnce));
            }
        }

        return new CatalogAnswer(version, replicas.Recovering, [.. databases], [.. tables.Values])
        {
            Erasures = lease.Erasures,
            Epoch = lease.Epoch,
            Listed = [.. listed],
        };
    }

    private static bool IsSame(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private TableCatalog Changes(
        IReplicaLease lease, TableId table, CatalogVersion version, TableQuestion asked, bool columnsOnce)
    {
        if (!_journals.TryGetValue(table, out Journal? journal)) _journals.Add(table, journal =
            new Journal());
        journal.Read(lease, table);
        CatalogVersion known = asked.Known.FirstOrDefault(k => k.Table == table)?.Version
            ?? CatalogVersion.None;
        if (!version.Covers(known)) known = CatalogVersion.None;
        return new TableCatalog(
            table,
            known,
            journal.ColumnsSince(columnsOnce ? known : CatalogVersion.None),
            journal.Since(known));
    }

    // When the columns and each cell of a table last changed, as far as it was looked at.
    private sealed class Journal
    {
        private readonly SortedDictionary<(EdgeId Edge, Day Day), (CellFact Fact, long Changed)> _cells = [];
        private ImmutableArray<Column> _columns = [];
        private long _columnsChanged;
        private object? _stamp;

        public void Read(IReplicaLease lease, TableId table)
        {
            object? stamp = lease.Stamp(table);
            if (stamp is not null && ReferenceEquals(stamp, _stamp)) return;
            _stamp = stamp;
            ImmutableArray<Column> columns = lease.Columns(table);
            if (!columns.AsSpan().SequenceEqual(_columns.AsSpan()))
                (_columns, _columnsChanged) = (columns, lease.Number);
            HashSet<(EdgeId, Day)> present = [];
            foreach (CellFact fact in lease.Cells(table))
            {
                (EdgeId, Day) key = (fact.Edge, fact.Day);
                present.Add(key);
                if (!_cells.TryGetValue(key, out (CellFact Fact, long) known) || known.Fact != fact)
                    _cells[key] = (fact, lease.Number);
            }

            foreach (
                (EdgeId Edge, Day Day) gone in _cells.Keys.Where(key => !present.Contains(key)).ToArray())
            {
                CellFact fact = _cells[gone].Fact;
                if (fact.Digest != LeafDigest.Empty)
                    _cells[gone] = (fact with { Digest = LeafDigest.Empty }, lease.Number);
            }
        }

        public ImmutableArray<Column> ColumnsSince(CatalogVersion known) =>
            known == CatalogVersion.None || _columnsChanged > known.Number ? _columns : default;

        public ImmutableArray<CellFact> Since(CatalogVersion known) =>
        [
            .. _cells.Values
                .Where(cell => known == CatalogVersion.None
                    ? cell.Fact.Digest != LeafDigest.Empty
                    : cell.Changed > known.Number)
                .Select(cell => cell.Fact),
        ];
    }
}
