namespace TsDb.Storage;

/// <summary>Figures of a store at one moment, for status pages and metrics.</summary>
/// <param name="RowsAccepted">Rows acknowledged since the store was opened, rewrites included.</param>
/// <param name="BufferRows">Rows in the hot buffer.</param>
/// <param name="BufferBytes">Bytes of the hot buffer.</param>
/// <param name="LogBytes">Bytes of the write-ahead log on disk.</param>
/// <param name="SegmentCount">Segment files of the current version.</param>
/// <param name="SegmentBytes">Their size in bytes.</param>
/// <param name="WritesRefusedReason">Why writes are refused just now, or null while they are taken.</param>
public sealed record StoreStats(
    long RowsAccepted,
    long BufferRows,
    long BufferBytes,
    long LogBytes,
    long SegmentCount,
    long SegmentBytes,
    string? WritesRefusedReason);
