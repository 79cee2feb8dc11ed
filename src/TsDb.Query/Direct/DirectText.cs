using System.Globalization;

namespace TsDb.Query.Direct;

/// <summary>Parts of a direct statement as SQL that the parser of this folder reads, and the engine
/// too.</summary>
internal static class DirectText
{
    private const long Second = 1_000_000_000;

    public static string Of(DirectName name) => name.IsQuoted
        ? $"\"{name.Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : name.Text;

    public static string Of(DirectItem.Bucket bucket) => bucket.Unit is { } unit
        ? $"date_trunc('{unit}', {Of(bucket.Time)})"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"time_bucket(INTERVAL '{bucket.WidthNanoseconds / Second} seconds', {Of(bucket.Time)})");

    /// <summary>The WHERE clause with a space in front; empty without filters.</summary>
    public static string Where(DirectStatement statement) => statement.Filters.IsEmpty
        ? ""
        : $" WHERE {string.Join(" AND ", statement.Filters.Select(Of))}";

    private static string Of(DirectFilter filter) => filter switch
    {
        DirectFilter.OneOf oneOf =>
            $"{Of(oneOf.Column)} IN ({string.Join(", ", oneOf.Values.Select(Quote))})",
        DirectFilter.Moment moment => $"{Of(moment.Column)} {Of(moment.Is)} "
            + (moment.IsTyped ? "TIMESTAMP " : "") + Quote(moment.Text),
        DirectFilter.Number number => $"{Of(number.Column)} {Of(number.Is)} {number.Text}",
        _ => throw new System.Diagnostics.UnreachableException(filter.GetType().Name),
    };

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Of(DirectComparison comparison) => comparison switch
    {
        DirectComparison.Equal => "=",
        DirectComparison.Less => "<",
        DirectComparison.LessOrEqual => "<=",
        DirectComparison.Greater => ">",
        _ => ">=",
    };
}
