using System.Globalization;
using System.Text.Json;
using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Http.Write;
using TsDb.Model;
using TsDb.Storage;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Statements;

/// <summary>
/// Answers statements from the schemas and the settings of databases.
/// </summary>
/// <param name="schemas">What was written here; null on a node that takes no points.</param>
/// <param name="desk">The databases.</param>
/// <param name="options">Version and clock.</param>
internal sealed class StatementAnswers(
    Func<SchemaCatalog>? schemas, IDatabaseDesk desk, WriteEndpointOptions options)
{
    private const string DefaultPolicy = "autogen";

    private readonly DateTimeOffset _started = options.Clock.GetUtcNow();

    /// <summary>
    /// Does what a statement asks for; null, or why it was not done. A database may be there already.
    /// </summary>
    public async Task<string?> DoAsync(Statement statement, CancellationToken ct)
    {
        if (statement.Kind != StatementKind.CreateDatabase) return null;
        if (!IngestRules.IsDatabaseName(statement.Database)) return "invalid name";
        try
        {
            await desk.CreateAsync(statement.Database!, ct);
            return null;
        }
        catch (TsDbException e)
        {
            return e.Message;
        }
    }

    /// <summary>Writes the result of one statement.</summary>
    public void Write(Utf8JsonWriter json, int number, Statement statement, string database)
    {
        json.WriteStartObject();
        json.WriteNumber("statement_id", number);
        switch (statement.Kind)
        {
            case StatementKind.CreateDatabase:
                break;
            case StatementKind.ShowDatabases:
                Series(json, "databases", ["name"], Databases().Select(name => new object[] { name }));
                break;
            case StatementKind.ShowUsers:
                Series(json, null, ["user", "admin"], []);
                break;
            case StatementKind.ShowDiagnostics:
                Diagnostics(json);
                break;
            case StatementKind.NotUnderstood:
                json.WriteString("error", statement.Reason);
                break;
            default:
                OfDatabase(json, statement, statement.Database ?? database);
                break;
        }

        json.WriteEndObject();
    }

    private IEnumerable<string> Databases() => (schemas?.Invoke().Databases ?? [])
        .Concat(desk.All.Select(settings => settings.Name))
        .Distinct(StringComparer.Ordinal)
        .Order(StringComparer.Ordinal);

    private void OfDatabase(Utf8JsonWriter json, Statement statement, string database)
    {
        if (schemas is null)
        {
            json.WriteString(
                "error", "a cloud node does not answer this here: ask in SQL (SHOW TABLES, DESCRIBE) at "
                    + "/api/v3/query_sql");
            return;
        }

        SchemaCatalog written = schemas();
        IEnumerable<TableSchema> tables = written.Tables(database)
            .Where(table => statement.Measurement is null || table.Table.Table == statement.Measurement);
        if (database.Length == 0) json.WriteString("error", "database name required");
        else if (Settings(database) is null && !written.Tables(database).Any())
            json.WriteString("error", $"database not found: {database}");
        else if (statement.Kind == StatementKind.ShowRetentionPolicies)
            Series(json, null, ["name", "duration", "shardGroupDuration", "replicaN", "default"],
                [[DefaultPolicy, Duration(Settings(database)?.Retention), "24h0m0s", 1, true]]);
        else if (statement.Kind == StatementKind.ShowMeasurements)
            Measurements(json, statement, tables);
        else Keys(json, statement, tables);
    }

    private DatabaseSettings? Settings(string database) =>
        desk.All.FirstOrDefault(settings => settings.Name == database);

    private static string Duration(TimeSpan? kept) => kept is { } time
        ? string.Create(
            CultureInfo.InvariantCulture, $"{(long)time.TotalHours}h{time.Minutes}m{time.Seconds}s")
        : "0s";

    private static void Measurements(
        Utf8JsonWriter json, Statement statement, IEnumerable<TableSchema> tables)
    {
        object[][] names = [.. tables.Skip(statement.Offset).Take(statement.Limit)
            .Select(table => new object[] { table.Table.Table })];
        if (names.Length > 0) Series(json, "measurements", ["name"], names);
    }

    private static void Keys(Utf8JsonWriter json, Statement statement, IEnumerable<TableSchema> tables)
    {
        bool ofTags = statement.Kind == StatementKind.ShowTagKeys;
        string[] columns = ofTags ? ["tagKey"] : ["fieldKey", "fieldType"];
        bool begun = false;
        foreach (TableSchema table in tables)
        {
            object[][] keys = [.. (ofTags ? table.Tags : table.Fields)
                .OrderBy(column => column.Name, StringComparer.Ordinal)
                .Skip(statement.Offset).Take(statement.Limit)
                .Select(column =>
                    ofTags ? new object[] { column.Name } : [column.Name, TypeName(column.Type)])];
            if (keys.Length == 0) continue;
            if (!begun) json.WriteStartArray("series");
            begun = true;
            OneSeries(json, table.Table.Table, columns, keys);
        }

        if (begun) json.WriteEndArray();
    }

    private void Diagnostics(Utf8JsonWriter json)
    {
        DateTimeOffset now = options.Clock.GetUtcNow();
        json.WriteStartArray("series");
        OneSeries(json, "build", ["Branch", "Build Time", "Commit", "Version"],
            [["", "", "", options.Version]]);
        OneSeries(json, "system", ["PID", "currentTime", "started", "uptime"],
            [[Environment.ProcessId, Time(now), Time(_started), (now - _started).ToString("c")]]);
        json.WriteEndArray();

        static string Time(DateTimeOffset time) =>
            time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
    }

    private static void Series(
        Utf8JsonWriter json, string? name, string[] columns, IEnumerable<object[]> values)
    {
        json.WriteStartArray("series");
        OneSeries(json, name, columns, values);
        json.WriteEndArray();
    }

    private static void OneSeries(
        Utf8JsonWriter json, string? name, string[] columns, IEnumerable<object[]> values)
    {
        json.WriteStartObject();
        if (name is not null) json.WriteString("name", name);
        json.WriteStartArray("columns");
        foreach (string column in columns) json.WriteStringValue(column);
        json.WriteEndArray();
        object[][] rows = [.. values];
        if (rows.Length > 0)
        {
            json.WriteStartArray("values");
            foreach (object[] row in rows)
            {
                json.WriteStartArray();
                foreach (object value in row) WriteValue(json, value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter json, object value)
    {
        if (value is int number) json.WriteNumberValue(number);
        else if (value is bool truth) json.WriteBooleanValue(truth);
        else json.WriteStringValue((string)value);
    }

    private static string TypeName(FieldType type) => type switch
    {
        FieldType.Float64 => "float",
        FieldType.Int64 => "integer",
        FieldType.UInt64 => "unsigned",
        FieldType.Boolean => "boolean",
        _ => "string",
    };
}
