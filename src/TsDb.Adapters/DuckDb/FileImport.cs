using System.Text;
using DuckDB.NET.Data;
using TsDb.Model;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// Turns the rows of a CSV or Parquet file into line protocol. The engine reads the file and writes the
/// lines, so that
/// numbers keep their shortest exact form.
/// </summary>
public sealed class FileImport : IDisposable
{
    private const string TimeDefault = "time";
    private const string EdgeColumn = "edge";

    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly string _source;
    private readonly List<(string Name, string Type)> _columns = [];

    private FileImport(string source) => _source = source;

    /// <summary>
    /// Opens a file by its ending (.csv, .csv.gz or .parquet) and reads its columns. Throws
    /// <see cref="ErrorKind.Invalid"/> with the engine's reason if it cannot be read.
    /// </summary>
    public static FileImport Open(string path)
    {
        string function = path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase) ? "read_parquet"
            : path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
                || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase) ? "read_csv"
            : throw new TsDbException(ErrorKind.Invalid,
                $"{path}: the file must end in .csv, .csv.gz or .parquet");
        FileImport import = new($"{function}({Literal(path)})");
        try
        {
            import._connection.Open();
            foreach (object?[] row in import.Rows($"DESCRIBE SELECT * FROM {import._source}"))
                import._columns.Add(((string)row[0]!, (string)row[1]!));
            return import;
        }
        catch (DuckDBException e)
        {
            import.Dispose();
            throw new TsDbException(ErrorKind.Invalid, $"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// The rows as lines with times in nanoseconds. Text columns are tags unless <paramref name="tags"/> says
    /// which are;
    /// the <c>edge</c> column of an export is left out, as the edge that takes the points gives its own. Rows
    /// without any
    /// field are left out. Throws <see cref="ErrorKind.Invalid"/> for columns that are not there or have no
    /// meaning.
    /// </summary>
    /// <param name="table">The table to write to.</param>
    /// <param name="time">The column with the time: a timestamp, or nanoseconds since the Unix epoch.</param>
    /// <param name="tags">Names of the tag columns; null for all text columns.</param>
    public IEnumerable<string> Lines(string table, string time, IReadOnlyCollection<string>? tags)
    {
        string sql = Statement(table, time, tags);
        return Rows(sql).Select(row => (string)row[0]!);
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private string Statement(string table, string time, IReadOnlyCollection<string>? tags)
    {
        string timeType = TypeOf(time.Length == 0 ? TimeDefault : time);
        string? unknown = tags?.FirstOrDefault(tag => _columns.All(c => c.Name != tag));
        if (unknown
            is not null) throw new TsDbException(ErrorKind.Invalid, $"the file has no column '{unknown}'");
        StringBuilder key = new(Literal(Escape(table, ", ")));
        List<string> fields = [];
        foreach ((string name, string type) in _columns)
        {
            if (name == time || name == EdgeColumn) continue;
            string column = Identifier(name);
            if (tags?.Contains(name) ?? type == "VARCHAR")
            {
                string assigned = Literal($",{Escape(name, ",= ")}=");
                string value = $"regexp_replace(CAST({column} AS VARCHAR), '([,= ])', '\\\\\\1', 'g')";
                key.Append($" || CASE WHEN coalesce(CAST({column} AS VARCHAR), '') = '' THEN '' "
                    + $"ELSE {assigned} || {value} END");
            }
            else
            {
                fields.Add($"{Literal($"{Escape(name, ",= ")}=")} || {FieldText(name, type)}");
            }
        }

        if (fields.Count == 0)
            throw new TsDbException(ErrorKind.Invalid,
                "no column is left for fields: name the tags with --tags");
        string nanoseconds = timeType.StartsWith("TIMESTAMP", StringComparison.Ordinal) || timeType == "DATE"
            ? $"epoch_ns(CAST({Identifier(time)} AS TIMESTAMP_NS))"
            : $"CAST({Identifier(time)} AS BIGINT)";
        return $"SELECT k || ' ' || f || ' ' || CAST(n AS VARCHAR) FROM (SELECT {key} AS k, "
            + $"concat_ws(',', {string.Join(", ", fields)}) AS f, {nanoseconds} AS n FROM {_source}) "
            + "WHERE f <> '' AND n IS NOT NULL";
    }

    private string TypeOf(string column)
    {
        (string? name, string? type) = _columns.FirstOrDefault(c => c.Name == column);
        return name is null
            ? throw new TsDbException(
                ErrorKind.Invalid,
                $"the file has no column '{column}' for the time: name it with --time. "
                + $"Columns: {string.Join(", ", _columns.Select(c => c.Name))}")
            : type;
    }

    /// <summary>The text of a field's value in line protocol; null stays null, so that the field is left
    /// out.</summary>
    private static string FieldText(string name, string type)
    {
        string column = Identifier(name);
        return type switch
        {
            "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" =>
                $"CAST({column} AS VARCHAR) || 'i'",
            "UBIGINT" => $"CAST({column} AS VARCHAR) || 'u'",
            "BOOLEAN" => $"CAST({column} AS VARCHAR)",
            "FLOAT" or "DOUBLE" =>
                $"CASE WHEN isfinite({column}) THEN CAST(CAST({column} AS DOUBLE) AS VARCHAR) END",
            _ when type.StartsWith("DECIMAL", StringComparison.Ordinal) || type == "HUGEINT" =>
                $"CAST(CAST({column} AS DOUBLE) AS VARCHAR)",
            _ => $"'\"' || regexp_replace(CAST({column} AS VARCHAR), '([\"\\\\])', '\\\\\\1', 'g') || '\"'",
        };
    }

    private IEnumerable<object?[]> Rows(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            object?[] row = new object?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            yield return row;
        }
    }

    private static string Escape(string name, string characters)
    {
        StringBuilder escaped = new();
        foreach (char c in name)
        {
            if (characters.Contains(c, StringComparison.Ordinal)) escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static string Identifier(string name) =>
        $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
