namespace TsDb.Model;

/// <summary>A table (measurement) of a database. Names keep their case.</summary>
public sealed record TableId(string Database, string Table) : IComparable<TableId>
{
    /// <summary>Orders by database, then table, as ordinal text.</summary>
    public int CompareTo(TableId? other)
    {
        if (other is null) return 1;
        int order = string.CompareOrdinal(Database, other.Database);
        return order != 0 ? order : string.CompareOrdinal(Table, other.Table);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Database}.{Table}";
}
