namespace TsDb.Replication.Serving;

/// <summary>What an edge says of erasures.</summary>
/// <param name="Number">The last change that it has on disk.</param>
/// <param name="FilesLeft">Files on its disk that may have rows of final tombstones yet; null if it does not
/// say, as older ones do not.</param>
public readonly record struct EdgeErasureWord(long Number, long? FilesLeft);
