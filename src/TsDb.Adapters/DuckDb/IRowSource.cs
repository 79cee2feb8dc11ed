using Apache.Arrow;

namespace TsDb.Adapters.DuckDb;

/// <summary>Rows that a query reads through the table function.</summary>
internal interface IRowSource
{
    /// <summary>Names and types, in order.</summary>
    IReadOnlyList<Field> Columns { get; }

    /// <summary>All rows; null if that is not known beforehand.</summary>
    long? RowCount { get; }

    /// <summary>Threads that can share a scan.</summary>
    int ThreadsMax { get; }

    /// <summary>Begins to read the rows from their start.</summary>
    IRowScan BeginScan();
}

/// <summary>One reading of a source, by all threads of a query.</summary>
internal interface IRowScan
{
    /// <summary>The next share of the rows, or null at the end. Any thread may ask.</summary>
    RowShare? Next();
}

/// <summary>What a thread takes at once: rows of one batch.</summary>
/// <param name="Feed">The feed of a column.</param>
/// <param name="Start">The first row.</param>
/// <param name="Count">How many.</param>
internal sealed record RowShare(Func<int, ColumnFeed> Feed, int Start, int Count);
