namespace TsDb.Replication.Cluster;

/// <summary>Cluster-wide settings of a database.</summary>
/// <param name="Name">The database.</param>
/// <param name="Retention">How long points are kept; null for ever.</param>
/// <param name="HorizonNanoseconds">Points before it are gone; it only rises. long.MinValue when there is
/// none.</param>
public sealed record DatabaseSettings(string Name, TimeSpan? Retention, long HorizonNanoseconds);
