using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using TsDb.Model;

namespace TsDb.Query.Distributed;

/// <summary>What edges have said of the columns of their tables. Safe for several threads.</summary>
public sealed class EdgeColumns
{
    private const int EntriesMax = 100_000;

    private readonly ConcurrentDictionary<(EdgeId Edge, TableId Table), ImmutableArray<Column>> _known =
        new();

    /// <summary>What is known of an edge's table; null if it was never asked.</summary>
    public ImmutableArray<Column>? Find(EdgeId edge, TableId table) =>
        _known.TryGetValue((edge, table), out ImmutableArray<Column> columns) ? columns : null;

    /// <summary>Takes an edge's word.</summary>
    public void Learn(EdgeId edge, TableId table, ImmutableArray<Column> columns)
    {
        if (_known.Count >= EntriesMax) _known.Clear();
        _known[(edge, table)] = columns;
    }

    /// <summary>A fingerprint of columns in any order. Part of the messages to edges.</summary>
    public static ulong HashOf(IEnumerable<Column> columns)
    {
        XxHash64 hash = new();
        foreach (Column column in columns.OrderBy(c => c.Name, StringComparer.Ordinal).ThenBy(c => c.Role)
            .ThenBy(c => c.Type))
        {
            hash.Append(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{column.Name}\0{(int)column.Role}\0{(int)column.Type}\0")));
        }

        return hash.GetCurrentHashAsUInt64();
    }
}
