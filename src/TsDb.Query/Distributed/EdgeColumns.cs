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

    private readonly ConcurrentDictionary<(EdgeId Edge, TableId Table), Word> _known = new();
    private long _asked;

    /// <summary>What is known of an edge's table; null if it was never asked.</summary>
    public ImmutableArray<Column>? Find(EdgeId edge, TableId table) =>
        _known.TryGetValue((edge, table), out Word? word) ? word.Columns : null;

    /// <summary>The number of a question that is asked now: a later one has a higher number.</summary>
    public long NextQuestion() => Interlocked.Increment(ref _asked);

    /// <summary>
    /// Takes an edge's word, unless it has answered a later question before: questions of several queries
    /// overtake each other, and the table may have come to be in between.
    /// </summary>
    public void Learn(EdgeId edge, TableId table, ImmutableArray<Column> columns, long question)
    {
        if (_known.Count >= EntriesMax) _known.Clear();
        Word word = new(columns, question);
        _known.AddOrUpdate(
            (edge, table), word, (_, known) => known.Question > question ? known : word);
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

    private sealed record Word(ImmutableArray<Column> Columns, long Question);
}
