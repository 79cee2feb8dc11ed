namespace TsDb.Query.Direct;

/// <summary>One item of the select list.</summary>
/// <param name="Alias">The name given; null without one.</param>
internal abstract record DirectItem(string? Alias)
{
    /// <summary>All columns.</summary>
    public sealed record Star() : DirectItem((string?)null);

    /// <summary>A column as it is.</summary>
    public sealed record Column(DirectName Name, string? Alias) : DirectItem(Alias);

    /// <summary>The start of the stretch of time that a point lies in.</summary>
    /// <param name="WidthNanoseconds">Length of the stretches.</param>
    /// <param name="OriginNanoseconds">The start of one of them.</param>
    /// <param name="Time">The column.</param>
    /// <param name="Unit">The unit of date_trunc; null for time_bucket.</param>
    /// <param name="Alias">The name given.</param>
    public sealed record Bucket(
        long WidthNanoseconds, long OriginNanoseconds, DirectName Time, string? Unit, string? Alias)
        : DirectItem(Alias);

    /// <summary>An aggregate of a column; <c>count(*)</c> has none.</summary>
    public sealed record Aggregate(DirectAggregate Kind, DirectName? Of, string? Alias) : DirectItem(Alias);
}
