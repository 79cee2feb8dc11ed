namespace TsDb.Query.Catalog;

/// <summary>What can be listed, as <c>information_schema</c> has it.</summary>
public enum ListingKind
{
    /// <summary>The tables of one database.</summary>
    Tables = 1,

    /// <summary>The columns of all tables of one database.</summary>
    Columns = 2,

    /// <summary>The databases.</summary>
    Schemata = 3,
}
