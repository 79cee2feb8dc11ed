namespace TsDb.Query.Analysis;

/// <summary>A table as a statement names it. The catalog decides which table that is: the exact name first,
/// then
/// without regard to case.</summary>
/// <param name="Database">The database in front of the dot; null where the statement leaves it to the
/// request.</param>
/// <param name="Table">The table.</param>
public sealed record TableName(string? Database, string Table)
{
    /// <inheritdoc/>
    public override string ToString() => Database is null ? Table : $"{Database}.{Table}";
}
