using System.Collections.Immutable;

namespace TsDb.Query.Planning;

/// <summary>
/// Rows of values that travel beside partial states, for an aggregate that no state can stand for: only its
/// inputs, after filtering, and each once where repeats do not count.
/// </summary>
/// <param name="Columns">Name on the wire, and value over the fragment's rows.</param>
/// <param name="Condition">Name of the column that holds the FILTER condition, or null.</param>
/// <param name="IsDistinct">True if equal rows may travel once.</param>
/// <param name="CombineName">Name of the aggregate's value over all travelled rows.</param>
/// <param name="Combine">That value; {0} is the number that marks these rows.</param>
internal sealed record ValueRows(
    ImmutableArray<(string Name, string Sql)> Columns,
    string? Condition,
    bool IsDistinct,
    string CombineName,
    string Combine)
{
    /// <summary>The column that says which aggregate a row is for; NULL for states.</summary>
    public const string Kind = "__ts_kind";
}
