namespace TsDb.Storage.Seal;

/// <summary>When the hot buffer becomes segments: decides, does nothing.</summary>
internal static class SealPolicy
{
    // A seal copies what it writes, new points arrive meanwhile, and others wait: beyond a quarter of the
    // memory it would come too late.
    private const int MemoryShare = 4;

    public static SealReason Decide(in SealNeed need, EdgeStoreOptions limits, DateTimeOffset now) =>
        need switch
    {
        { Rows: 0 } => SealReason.None,
        { IsFlush: true } => SealReason.Flush,
        _ when need.Bytes >= Math.Min(limits.SealBytes, limits.MemoryBytesMax / MemoryShare) =>
            SealReason.Bytes,
        _ when need.Rows >= limits.SealRows => SealReason.Rows,
        _ when need.Cells >= limits.SealCells => SealReason.Cells,
        { IsShort: true } => SealReason.Shortage,
        { OpenedAt: { } openedAt } when now - openedAt >= limits.SealAge => SealReason.Age,
        _ => SealReason.None,
    };
}
