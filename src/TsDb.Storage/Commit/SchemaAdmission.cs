using System.Collections.Immutable;
using TsDb.Columnar;
using TsDb.Model;
using TsDb.Storage.Hot;
using Column = TsDb.Model.Column;

namespace TsDb.Storage.Commit;

/// <summary>Decides whether a request agrees with the schemas at its place in the log.</summary>
internal static class SchemaAdmission
{
    /// <summary>
    /// The schemas after the request, or null if one of its columns is known with another role or type.
    /// </summary>
    public static SchemaCatalog? Admit(SchemaCatalog schemas, ImmutableArray<TableBatch> batches)
    {
        foreach (TableBatch batch in batches)
        {
            TableSchema schema = schemas.Find(batch.Table) ?? TableSchema.Empty(batch.Table);
            List<Column>? added = null;
            foreach (Column column in BatchColumns.Of(batch))
            {
                Column? known = schema.Find(column.Name);
                if (known is null) (added ??= []).Add(column);
                else if (known != column) return null;
            }

            if (added is not null) schemas = schemas.With(schema.With(added));
        }

        return schemas;
    }
}
