using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Importing;

/// <summary>The columns that a table has already: what comes to it later must have their roles and
/// types.</summary>
internal static class TableColumns
{
    /// <summary>Tags and fields of the table by name; none if it is not there yet.</summary>
    public static async Task<IReadOnlyDictionary<string, (ColumnRole Role, FieldType Type)>> AskAsync(
        NodeClient node, string database, string table, CancellationToken ct)
    {
        string sql = "SELECT written_name, column_role, data_type FROM information_schema.columns "
            + $"WHERE table_name = '{table.Replace("'", "''", StringComparison.Ordinal)}' "
            + "AND column_role IN ('tag', 'field') AND NOT has_conflict";
        Dictionary<string, (ColumnRole, FieldType)> columns = new(StringComparer.Ordinal);
        try
        {
            using HttpResponseMessage response =
                await node.QueryAsync(new QueryCall(database, sql, "csv"), ct);
            using StreamReader reader = new(await response.Content.ReadAsStreamAsync(ct));
            bool isHeader = true;
            await foreach (string[] row in CsvRows.ReadAsync(reader))
            {
                if (!isHeader)
                    columns[row[0]] = (row[1] == "tag" ? ColumnRole.Tag : ColumnRole.Field, TypeOf(row[2]));
                isHeader = false;
            }
        }
        catch (TsDbException e) when (e.Kind == ErrorKind.NotFound)
        {
            // A new database: the first row makes it.
        }

        return columns;
    }

    private static FieldType TypeOf(string name) => name switch
    {
        "DOUBLE" => FieldType.Float64,
        "BIGINT" => FieldType.Int64,
        "UBIGINT" => FieldType.UInt64,
        "BOOLEAN" => FieldType.Boolean,
        _ => FieldType.String,
    };
}
