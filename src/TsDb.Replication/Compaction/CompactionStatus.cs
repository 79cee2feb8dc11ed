namespace TsDb.Replication.Compaction;

/// <summary>What compaction at a cloud node has done since its start.</summary>
/// <param name="Merges">Files that were made.</param>
/// <param name="Files">Files that went into them.</param>
/// <param name="BytesLength">Size of those that went in, in bytes.</param>
public sealed record CompactionStatus(long Merges, long Files, long BytesLength);
