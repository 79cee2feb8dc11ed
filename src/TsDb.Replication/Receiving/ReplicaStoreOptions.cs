namespace TsDb.Replication.Receiving;

/// <summary>Limits of a node's store of leaves.</summary>
public sealed record ReplicaStoreOptions
{
    /// <summary>
    /// Bytes of the disk that leaves never fill, so that the catalog can always be written anew.
    /// </summary>
    public long DiskReserveBytes { get; init; } = 64L << 20;

    /// <summary>The catalog is written anew only above this size.</summary>
    public long CatalogRewriteBytesMin { get; init; } = 4L << 20;
}
