namespace TsDb.Storage.Scrubbing;

/// <summary>How the comparison of stored files with their hashes goes, since the start.</summary>
/// <param name="Files">Files read.</param>
/// <param name="BytesLength">Their bytes.</param>
/// <param name="Damaged">Files that were not what they should be.</param>
/// <param name="FinishedAt">When all files had been read once; null for never.</param>
public sealed record ScrubStatus(long Files, long BytesLength, long Damaged, DateTimeOffset? FinishedAt);
