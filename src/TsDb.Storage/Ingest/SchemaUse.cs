using TsDb.Model;

namespace TsDb.Storage.Ingest;

/// <summary>How far the limits of names are used: the fullest database and table count.</summary>
internal static class SchemaUse
{
    public static IReadOnlyList<LimitUse> Of(SchemaCatalog schemas, IngestSetup setup)
    {
        Dictionary<string, int> tables = new(StringComparer.Ordinal);
        int columnsMost = 0;
        foreach (TableSchema schema in schemas.All)
        {
            string database = schema.Table.Database;
            tables[database] = tables.GetValueOrDefault(database) + 1;
            columnsMost = Math.Max(columnsMost, schema.Tags.Length + schema.Fields.Length);
        }

        IngestLimits limits = setup.Limits;
        return
        [
            new LimitUse("databases", tables.Count, limits.DatabasesMax),
            new LimitUse("tables", tables.Values.DefaultIfEmpty().Max(), limits.TablesPerDatabaseMax),
            new LimitUse("columns", columnsMost, limits.ColumnsPerTableMax),
            new LimitUse("tag_values", setup.TagValues.Largest, limits.TagValuesMax),
            new LimitUse("tag_values_of_all", setup.TagValues.Total, limits.TagValuesOfAllMax),
        ];
    }
}
