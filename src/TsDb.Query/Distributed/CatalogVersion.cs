namespace TsDb.Query.Distributed;

/// <summary>
/// A moment of one node's catalog. Between two moments of the same instance leaves are only added, but for
/// what retention and erasure drop everywhere, and for what damage took (<see
/// cref="Ports.IReplicaLease.LastLoss"/>).
/// </summary>
/// <param name="Instance">Made anew whenever the node opens its catalog.</param>
/// <param name="Number">Rises with each change.</param>
public readonly record struct CatalogVersion(Guid Instance, long Number)
{
    /// <summary>No moment: nothing is known yet.</summary>
    public static CatalogVersion None => default;

    /// <summary>True if everything that was there at <paramref name="earlier"/> is there now.</summary>
    public bool Covers(CatalogVersion earlier) => Instance == earlier.Instance && Number >= earlier.Number;
}
