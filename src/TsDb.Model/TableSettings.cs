namespace TsDb.Model;

/// <summary>What differs for one table from its database's settings.</summary>
/// <param name="Table">The table.</param>
/// <param name="Retention">How long its points are kept; null for ever.</param>
/// <param name="HorizonNanoseconds">Days that end before it are gone; it only rises. long.MinValue when there
/// is none.</param>
public sealed record TableSettings(string Table, TimeSpan? Retention, long HorizonNanoseconds);
