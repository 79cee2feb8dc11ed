using TsDb.Storage.Catalog;

namespace TsDb.Storage.Shipping;

/// <summary>A sealed segment that no shipment holds yet.</summary>
/// <param name="Segment">The file.</param>
/// <param name="DueAt">When its delay is over: its seal plus the delay, or the flush that asked for
/// it.</param>
public sealed record UncutSegment(StoredSegment Segment, DateTimeOffset DueAt);
