using System.Collections.Immutable;

namespace TsDb.Query.Direct;

/// <summary>One condition of the WHERE clause; all must hold.</summary>
/// <param name="Column">The column.</param>
internal abstract record DirectFilter(DirectName Column)
{
    /// <summary>The column is one of some texts.</summary>
    public sealed record OneOf(DirectName Column, ImmutableArray<string> Values) : DirectFilter(Column);

    /// <summary>The column compared with a moment: a literal with or without TIMESTAMP in front.</summary>
    public sealed record Moment(DirectName Column, DirectComparison Is, string Text, bool IsTyped)
        : DirectFilter(Column);

    /// <summary>The column compared with a number as written, sign included.</summary>
    public sealed record Number(DirectName Column, DirectComparison Is, string Text) : DirectFilter(Column);
}
