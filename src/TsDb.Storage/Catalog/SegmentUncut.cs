using System.Collections.Immutable;
using TsDb.Model;

namespace TsDb.Storage.Catalog;

/// <summary>
/// The cloud lost a leaf whose rows lie here in a compacted file only: the file is uncut again, so that its
/// rows are cut anew under an ordinal of their own. The other leaves of the file are in the cloud still; the
/// new cut supersedes them as well, should they get lost later.
/// </summary>
/// <param name="Name">Name of the file.</param>
/// <param name="Lost">The leaf that the cloud lost: it stands for nothing any more.</param>
public sealed record SegmentUncut(string Name, Leaf Lost) : CatalogRecord
{
    internal override ImmutableArray<string> Dropped => [Name];
}
