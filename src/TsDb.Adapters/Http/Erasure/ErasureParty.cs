namespace TsDb.Adapters.Http.Erasure;

/// <summary>A node or edge in a receipt.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Applied">The last change that it has applied, by its own word; null if it has not said
/// any.</param>
/// <param name="FilesLeft">Files there that may have points of final tombstones yet; null if it does not
/// say.</param>
/// <param name="IsReachable">True if it is thought to answer now.</param>
public sealed record ErasureParty(string Id, long? Applied, long? FilesLeft, bool IsReachable);
