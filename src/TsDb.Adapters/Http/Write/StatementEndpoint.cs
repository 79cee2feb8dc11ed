using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using TsDb.Adapters.Hosting;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// /query as far as writers need it: CREATE DATABASE always succeeds (the first accepted point is what makes
/// a database), SHOW DATABASES lists those with points and those asked for since start. Questions are asked
/// in SQL elsewhere.
/// </summary>
internal sealed partial class StatementEndpoint(IngestPipeline pipeline, WriteEndpointOptions options)
{
    private const int StatementsMax = 100;
    private const int AskedForMax = 1_000;

    private readonly ConcurrentDictionary<string, byte> _askedFor = new(StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        WriteAnswers.Stamp(context.Response, options);
        (string text, bool pretty) = await ReadAsync(context.Request);
        if (text.Length == 0)
        {
            await V1Dialect.ErrorAsync(
                context.Response, StatusCodes.Status400BadRequest, "missing required parameter \"q\"");
            return;
        }

        string? credentials = WriteAnswers.Credentials(context.Request);
        if (!options.Authorizer.IsAllowed(new AccessRequest("http", "write", "", credentials)))
        {
            int status =
                credentials is null ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
            await V1Dialect.ErrorAsync(context.Response, status, "authorization failed");
            return;
        }

        string[] statements =
            text.Split(
                ';', StatementsMax, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        await WriteAnswers.JsonAsync(
            context.Response,
            StatusCodes.Status200OK,
            json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("results");
                for (int i = 0; i < statements.Length; i++) Answer(json, i, statements[i]);
                json.WriteEndArray();
                json.WriteEndObject();
            },
            pretty);
    }

    private static async Task<(string Text, bool Pretty)> ReadAsync(HttpRequest request)
    {
        string text = request.Query["q"].ToString();
        string pretty = request.Query["pretty"].ToString();
        if (request.HasFormContentType)
        {
            IFormCollection form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            if (text.Length == 0) text = form["q"].ToString();
            if (pretty.Length == 0) pretty = form["pretty"].ToString();
        }

        return (text.Trim(), pretty == "true");
    }

    private void Answer(Utf8JsonWriter json, int number, string statement)
    {
        json.WriteStartObject();
        json.WriteNumber("statement_id", number);
        Match create = CreateDatabase().Match(statement);
        if (create.Success)
        {
            string name = create.Groups["quoted"].Success
                ? create.Groups["quoted"].Value.Replace("\\\"", "\"", StringComparison.Ordinal)
                : create.Groups["plain"].Value;
            if (!IngestRules.IsDatabaseName(name)) json.WriteString("error", "invalid name");
            else if (_askedFor.Count < AskedForMax) _askedFor.TryAdd(name, 0);
        }
        else if (ShowDatabases().IsMatch(statement))
        {
            WriteDatabases(json);
        }
        else
        {
            json.WriteString(
                "error",
                "only CREATE DATABASE and SHOW DATABASES are understood here: "
                    + "ask questions in SQL at /api/v3/query_sql");
        }

        json.WriteEndObject();
    }

    private void WriteDatabases(Utf8JsonWriter json)
    {
        json.WriteStartArray("series");
        json.WriteStartObject();
        json.WriteString("name", "databases");
        json.WriteStartArray("columns");
        json.WriteStringValue("name");
        json.WriteEndArray();
        json.WriteStartArray("values");
        IEnumerable<string> names = pipeline.Schemas.Databases.Concat(_askedFor.Keys);
        foreach (string name in names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    [GeneratedRegex(
        """^CREATE\s+DATABASE\s+("(?<quoted>(\\.|[^"\\])+)"|(?<plain>[\w.-]+))(\s+WITH\s.*)?$""",
        RegexOptions.IgnoreCase | RegexOptions.Singleline | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex CreateDatabase();

    [GeneratedRegex(
        @"^SHOW\s+DATABASES$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ShowDatabases();
}
