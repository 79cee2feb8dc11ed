namespace TsDb.Query.Planning;

/// <summary>Lists as SQL writes them.</summary>
internal static class SqlList
{
    /// <summary>The items between commas.</summary>
    public static string Of(IEnumerable<string> items) => string.Join(", ", items);

    /// <summary>GROUP BY, or nothing for no names.</summary>
    public static string GroupBy(IReadOnlyCollection<string> names) =>
        names.Count == 0 ? "" : $" GROUP BY {Of(names)}";
}
