using DuckDB.NET.Data;
using TsDb.Model;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>The rows of any Parquet file as texts that keep every value exactly.</summary>
public sealed class ParquetRows : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");
    private readonly string _source;
    private readonly List<(string Name, string EngineType)> _columns = [];

    private readonly string _path;

    private ParquetRows(string path)
    {
        _path = ScanText.Literal(path);
        _source = $"read_parquet({_path})";
    }

    /// <summary>
    /// The columns with the types of fields they stand for; null for integers wider than 64 bits, of which
    /// only the values tell.
    /// </summary>
    public IReadOnlyList<(string Name, FieldType? Type)> Columns { get; private set; } = [];

    /// <summary>The number of rows.</summary>
    public long RowCount { get; private set; }

    /// <summary>Opens a file. Throws <see cref="ErrorKind.Invalid"/> with the reason if it cannot be
    /// read.</summary>
    public static ParquetRows Open(string path)
    {
        ParquetRows rows = new(path);
        try
        {
            rows._connection.Open();
            foreach (string?[] row in rows.Run(
                $"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {rows._source})"))
                rows._columns.Add((row[0]!, row[1]!));
            rows.Columns = [.. rows._columns.Select(column => (column.Name, TypeOf(column.EngineType)))];
            rows.RowCount = long.Parse(
                rows.Run($"SELECT CAST(count(*) AS VARCHAR) FROM {rows._source}").Single()[0]!,
                System.Globalization.CultureInfo.InvariantCulture);
            return rows;
        }
        catch (DuckDBException e)
        {
            rows.Dispose();
            string reason = e.Message.Split('\n')[0].TrimEnd();
            throw new TsDbException(ErrorKind.Invalid, $"{path} cannot be read: {reason}", e);
        }
    }

    /// <summary>
    /// The rows in the order of the file: numbers with all their digits, the time in nanoseconds since the
    /// Unix epoch if its column is a timestamp or a date, null for what is absent. Throws <see
    /// cref="ErrorKind.Corrupt"/> if the file breaks off.
    /// </summary>
    /// <param name="timeColumn">The column with the time.</param>
    public IEnumerable<string?[]> Read(int timeColumn)
    {
        RequireWholeTimes(_columns[timeColumn]);
        IEnumerable<string> texts = _columns.Select((column, i) => Text(column, isTime: i == timeColumn));
        using IEnumerator<string?[]> rows =
            Run($"SELECT {string.Join(", ", texts)} FROM {_source}").GetEnumerator();
        while (true)
        {
            try
            {
                if (!rows.MoveNext()) yield break;
            }
            catch (DuckDBException e)
            {
                throw new TsDbException(ErrorKind.Corrupt, $"the file cannot be read on: {e.Message}", e);
            }

            yield return rows.Current;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    // The engine reads nanoseconds "adjusted to UTC" as microseconds: points would fall together.
    private void RequireWholeTimes((string Name, string EngineType) column)
    {
        if (column.EngineType != "TIMESTAMP WITH TIME ZONE") return;
        string sql = $"SELECT logical_type FROM parquet_schema({_path}) "
            + $"WHERE name = {ScanText.Literal(column.Name)} AND logical_type LIKE '%NANOS%'";
        if (!Run(sql).Any()) return;
        throw new TsDbException(
            ErrorKind.Invalid,
            $"column '{column.Name}' holds nanoseconds with a time zone, of which only microseconds could be "
            + "read: write it without a zone, in UTC, or as a whole number");
    }

    private static FieldType? TypeOf(string type) => type switch
    {
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "UTINYINT" or "USMALLINT" or "UINTEGER" =>
            FieldType.Int64,
        "UBIGINT" => FieldType.UInt64,
        "BOOLEAN" => FieldType.Boolean,
        "FLOAT" or "DOUBLE" => FieldType.Float64,
        "HUGEINT" or "UHUGEINT" => null,
        _ when !type.StartsWith("DECIMAL", StringComparison.Ordinal) => FieldType.String,
        _ => type.EndsWith(",0)", StringComparison.Ordinal) ? null : FieldType.Float64,
    };

    private static string Text((string Name, string EngineType) column, bool isTime)
    {
        string name = ScanText.Quote(column.Name);
        bool isMoment = column.EngineType.StartsWith("TIMESTAMP", StringComparison.Ordinal)
            || column.EngineType == "DATE";
        return column.EngineType switch
        {
            _ when isTime && isMoment => $"CAST(epoch_ns(TRY_CAST({name} AS TIMESTAMP_NS)) AS VARCHAR)",
            "FLOAT" => $"CAST(CAST({name} AS DOUBLE) AS VARCHAR)",
            _ => $"CAST({name} AS VARCHAR)",
        };
    }

    private IEnumerable<string?[]> Run(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // Names and path are quoted; the rest is text of ours.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            string?[] row = new string?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++) row[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
            yield return row;
        }
    }
}
