using System.Collections.Immutable;
using TsDb.Query.Analysis;

namespace TsDb.Query.Direct;

/// <summary>
/// A statement of the few shapes that the direct path knows, as written: names are not looked up yet. What
/// makes it different from another but for its constants is its <see cref="Shape"/>.
/// </summary>
public sealed class DirectStatement
{
    internal DirectStatement()
    {
    }

    /// <summary>The text.</summary>
    public required string Sql { get; init; }

    /// <summary>The one table it reads.</summary>
    public required TableName Table { get; init; }

    /// <summary>Equal for statements that differ only in constants; what the engine says of names and types
    /// holds for all of them.</summary>
    public required string Shape { get; init; }

    internal ImmutableArray<DirectItem> Items { get; init; } = [];

    internal ImmutableArray<DirectFilter> Filters { get; init; } = [];

    /// <summary>Names or places; empty without GROUP BY.</summary>
    internal ImmutableArray<DirectOrder> GroupBy { get; init; } = [];

    internal bool GroupsByAll { get; init; }

    /// <summary>Columns of <c>QUALIFY row_number() OVER (PARTITION BY ... ORDER BY time DESC) = 1</c>; empty
    /// without it.</summary>
    internal ImmutableArray<DirectName> NewestBy { get; init; } = [];

    /// <summary>The column that the newest is found by.</summary>
    internal DirectName? NewestByTime { get; init; }

    internal ImmutableArray<DirectOrder> OrderBy { get; init; } = [];

    /// <summary>Rows to return at most; null for all.</summary>
    internal long? Limit { get; init; }

    /// <summary>The statement if it is of a known shape; null otherwise, which says nothing about whether it
    /// is right.</summary>
    public static DirectStatement? TryParse(string sql) => new DirectParser(sql).TryParse();
}
