namespace TsDb.Query.Isolation;

/// <summary>
/// A table as a statement names it: <c>table</c> or <c>database.table</c>, names as written.
/// </summary>
/// <param name="Database">The qualifier; empty if there is none.</param>
/// <param name="Table">The table's name.</param>
public sealed record TableReference(string Database, string Table)
{
    /// <summary>The name of the relation that answers to this reference.</summary>
    public string RelationName => Database.Length == 0 ? Table : $"{Database}.{Table}";

    /// <inheritdoc/>
    public override string ToString() => RelationName;
}
