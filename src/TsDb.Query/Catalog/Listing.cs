namespace TsDb.Query.Catalog;

/// <summary>A list that a statement reads.</summary>
/// <param name="Kind">What is listed.</param>
/// <param name="Database">The database as the statement names it; null for the request's own.</param>
/// <param name="RelationName">The name that the bound statement has for it.</param>
public sealed record Listing(ListingKind Kind, string? Database, string RelationName)
{
    /// <summary>The database whose tables are listed, in a request to <paramref name="own"/>; null for
    /// none.</summary>
    public string? Of(string own) => Kind == ListingKind.Schemata ? null : Database ?? own;
}
