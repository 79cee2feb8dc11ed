using TsDb.Storage.Catalog;

namespace TsDb.Storage;

/// <summary>A segment that no query reads because its file is missing or damaged.</summary>
/// <param name="Segment">The segment, which the catalog names.</param>
/// <param name="Reason">What is wrong with the file.</param>
public sealed record UnreadableSegment(StoredSegment Segment, string Reason);
