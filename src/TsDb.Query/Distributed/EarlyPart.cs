namespace TsDb.Query.Distributed;

/// <summary>What a node sent of a fragment that it was asked for together with its catalog.</summary>
/// <param name="Asked">What it was asked.</param>
/// <param name="Rows">All rows, if they are here; else null.</param>
/// <param name="Behind">The rows, if they are on their way; else null.</param>
/// <param name="Told">The moment of its catalog that it told; rows on their way are from that or a later
/// one.</param>
internal sealed record EarlyPart(
    FragmentRequest Asked, EarlyRows? Rows, RowsBehind? Behind, CatalogVersion Told)
{
    /// <summary>All rows of what is to be asked for now; null if they are not here or were made for something
    /// else.</summary>
    public EarlyRows? RowsFor(FragmentRequest request) =>
        Rows is not null && Asked.Serves(request, Rows.Version) ? Rows : null;

    /// <summary>The same for rows on their way.</summary>
    public RowsBehind? BehindFor(FragmentRequest request) =>
        Behind is not null && Asked.Serves(request, Told) ? Behind : null;
}
