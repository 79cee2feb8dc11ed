using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using TsDb.Model;
using TsDb.Query.Ports;
using TsDb.Query.Scan;

namespace TsDb.Adapters.DuckDb;

/// <summary>
/// DuckDB's grammar by its json_serialize_sql and json_deserialize_sql. Parsing takes well under a
/// millisecond, so one connection serves all callers in turn.
/// </summary>
public sealed partial class DuckDbParser : ISqlParser, IDisposable
{
    // DuckDB itself stops at 1,000 nested expressions; each has a few levels of JSON.
    private const int JsonDepthMax = 16_384;

    // Opened by the first statement: an edge that is only written to does without the engine's 40 MiB.
    private DuckDBConnection? _connection;
    private bool _isDisposed;
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public JsonObject Parse(string sql)
    {
        if (ShowColumns().Match(sql) is { Success: true } show)
            sql = $"DESCRIBE {show.Groups["table"].Value}";
        lock (_gate) return ReadTree(Ask("json_serialize_sql", sql));
    }

    /// <inheritdoc/>
    public string Print(JsonObject tree)
    {
        lock (_gate) return Ask("json_deserialize_sql", tree.ToJsonString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _connection?.Dispose();
        }
    }

    // As the field's other databases say it; the engine's grammar has DESCRIBE alone.
    [GeneratedRegex(
        @"^\s*SHOW\s+COLUMNS\s+(FROM|IN)\s+(?<table>.+)$",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ShowColumns();

    private static JsonObject ReadTree(string json)
    {
        JsonObject tree =
            JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { MaxDepth = JsonDepthMax })!
            .AsObject();
        if (tree["error"]?.GetValue<bool>() != true)
        {
            SpeakDuckDb(tree);
            return tree;
        }

        string message = tree["error_message"]?.GetValue<string>() ?? "the statement cannot be parsed";
        if (tree["error_type"]?.GetValue<string>() == "not implemented")
            throw new TsDbException(ErrorKind.Invalid, "only SELECT statements can be run here");
        string where = tree["position"]?.GetValue<string>() is { Length: > 0 } position
            ? string.Create(CultureInfo.InvariantCulture, $" (at character {position})")
            : "";
        throw new TsDbException(ErrorKind.Invalid, DuckDbErrors.Plain(message + where));
    }

    private DuckDBConnection Connection()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_connection is not null) return _connection;
        DuckDBConnection connection = new("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText =
            "SET threads = 1; SET enable_external_access = false; SET lock_configuration = true;";
        command.ExecuteNonQuery();
        return _connection = connection;
    }

    private string Ask(string function, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new TsDbException(ErrorKind.Invalid, "a statement cannot contain a NUL character");
        try
        {
            using DuckDBCommand command = Connection().CreateCommand();
#pragma warning disable CA2100 // The function takes no parameter, so the text is a quoted literal.
            command.CommandText = $"SELECT {function}({ScanText.Literal(text)})";
#pragma warning restore CA2100
            return (string)command.ExecuteScalar()!;
        }
        catch (DuckDBException error)
        {
            throw DuckDbErrors.Translate(error);
        }
    }

    // first(x, time) and last(x, time), as the field writes them, are arg_min and arg_max in DuckDB. Their
    // columns keep the name that the statement used.
    private static void SpeakDuckDb(JsonNode? node)
    {
        if (node is JsonArray items)
        {
            foreach (JsonNode? item in items) SpeakDuckDb(item);
        }
        else if (node is JsonObject value)
        {
            if (value["select_list"] is JsonArray selected)
            {
                foreach (JsonObject item in selected.OfType<JsonObject>())
                {
                    if (PlainName(item) is not null && item["alias"]?.GetValue<string>() is "")
                        item["alias"] = item["function_name"]!.GetValue<string>();
                }
            }

            if (PlainName(value) is { } plain) value["function_name"] = plain;
            foreach ((_, JsonNode? child) in value) SpeakDuckDb(child);
        }
    }

    private static string? PlainName(JsonObject node) =>
        node["children"] is not JsonArray { Count: 2 } || node["function_name"] is not JsonValue name
            ? null
            : name.GetValue<string>() switch
            {
                "first" => "arg_min",
                "last" => "arg_max",
                _ => null,
            };
}
