using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Http.Write;
using TsDb.Storage;

namespace TsDb.Adapters.Http.Statements;

/// <summary>
/// /query as far as writers need it: what agents and clients of InfluxDB 1 send before they write, and what
/// its shell asks for. Questions are asked in SQL elsewhere.
/// </summary>
internal sealed class StatementEndpoint(
    Func<SchemaCatalog>? schemas, IDatabaseDesk desk, WriteEndpointOptions options)
{
    private const int StatementsMax = 100;
    private const int BodyBytesMax = 1 << 20;

    private static readonly JsonWriterOptions Json = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        IndentSize = 4,
    };

    private readonly StatementAnswers _answers = new(schemas, desk, options);

    public async Task HandleAsync(HttpContext context)
    {
        WriteAnswers.Stamp(context.Response, options);
        if (context.Request.ContentLength > BodyBytesMax)
        {
            // Before the server's own limit, which ends the connection under a client that still sends: it
            // would see a broken pipe instead of the reason.
            await V1Dialect.ErrorAsync(
                context.Response, StatusCodes.Status413PayloadTooLarge,
                $"a request to /query may have up to {BodyBytesMax} bytes");
            return;
        }

        Dictionary<string, string> values;
        try
        {
            values = await ReadAsync(context);
        }
        catch (BadHttpRequestException error)
        {
            await V1Dialect.ErrorAsync(context.Response, error.StatusCode, error.Message);
            return;
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            await V1Dialect.ErrorAsync(
                context.Response, StatusCodes.Status400BadRequest,
                $"the form cannot be read: {error.Message}");
            return;
        }

        string text = values.GetValueOrDefault("q", "");
        List<Statement> statements = StatementParser.Parse(text, StatementsMax);
        if (statements.Count == 0)
        {
            string wrong = text.Trim().Length == 0
                ? "missing required parameter \"q\""
                : $"a request holds 1 to {StatementsMax} statements";
            await V1Dialect.ErrorAsync(context.Response, StatusCodes.Status400BadRequest, wrong);
            return;
        }

        if (await IsAllowedAsync(context, statements, values.GetValueOrDefault("db", "")))
        {
            for (int i = 0; i < statements.Count; i++)
            {
                if (await _answers.DoAsync(statements[i], context.RequestAborted) is { } reason)
                    statements[i] = new Statement(StatementKind.NotUnderstood) { Reason = reason };
            }

            await AnswerAsync(context.Response, statements, values);
        }
    }

    /// <summary>
    /// The parameters of a form in the body, then those of the address; of a repeated one the first counts.
    /// </summary>
    private static async Task<Dictionary<string, string>> ReadAsync(HttpContext context)
    {
        IHttpMaxRequestBodySizeFeature? size = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (size is { IsReadOnly: false } && context.Request.ContentLength is null)
            size.MaxRequestBodySize = BodyBytesMax;
        SlowBodies.Forbid(context);
        HttpRequest request = context.Request;
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        if (request.HasFormContentType)
        {
            IFormCollection form = await request.ReadFormAsync(context.RequestAborted);
            foreach ((string name, StringValues value) in form) values[name] = value[0] ?? "";
            if (form.Files["q"] is { } file)
            {
                using StreamReader reader = new(file.OpenReadStream());
                values.TryAdd("q", await reader.ReadToEndAsync(context.RequestAborted));
            }
        }

        foreach ((string name, StringValues value) in request.Query)
        {
            if (!string.IsNullOrEmpty(value[0])) values.TryAdd(name, value[0]!);
        }

        return values;
    }

    private async Task<bool> IsAllowedAsync(HttpContext context, List<Statement> statements, string database)
    {
        string? credentials = WriteAnswers.Credentials(context.Request);
        foreach (Statement statement in statements)
        {
            string action = statement.Kind == StatementKind.CreateDatabase ? "write" : "query";
            AccessRequest access = new("http", action, statement.Database ?? database, credentials);
            if (options.Authorizer.IsAllowed(access)) continue;
            int status =
                credentials is null ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
            await V1Dialect.ErrorAsync(context.Response, status, "authorization failed");
            return false;
        }

        return true;
    }

    /// <summary>
    /// All results in one object or, if they are wanted in chunks, each in an object and a line of its own.
    /// </summary>
    private async Task AnswerAsync(
        HttpResponse response, List<Statement> statements, Dictionary<string, string> values)
    {
        ArrayBufferWriter<byte> bytes = new(512);
        JsonWriterOptions form = Json with { Indented = values.GetValueOrDefault("pretty") == "true" };
        int perObject = values.GetValueOrDefault("chunked") == "true" ? 1 : statements.Count;
        for (int start = 0; start < statements.Count; start += perObject)
        {
            using Utf8JsonWriter json = new(bytes, form);
            json.WriteStartObject();
            json.WriteStartArray("results");
            for (int i = start; i < start + perObject; i++)
                _answers.Write(json, i, statements[i], values.GetValueOrDefault("db", ""));
            json.WriteEndArray();
            json.WriteEndObject();
            json.Flush();
            bytes.Write("\n"u8);
        }

        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/json";
        response.ContentLength = bytes.WrittenCount;
        await response.Body.WriteAsync(bytes.WrittenMemory);
    }
}
