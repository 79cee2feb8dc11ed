using System.Globalization;
using Microsoft.AspNetCore.Http;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// POST /api/v2/write as InfluxDB 2.x answers it. A bucket is a database; "/autogen" behind it says nothing.
/// </summary>
internal sealed class V2Dialect : IWriteDialect
{
    private const string DefaultPolicy = "/autogen";

    public async Task<IngestRules?> ReadRulesAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string bucket = WriteAnswers.Parameter(request, "bucket");
        if (bucket.EndsWith(DefaultPolicy, StringComparison.Ordinal))
            bucket = bucket[..^DefaultPolicy.Length];
        if (bucket.Length == 0)
        {
            await ErrorAsync(
                context.Response, StatusCodes.Status404NotFound, "not found", "bucket not found: name it");
            return null;
        }

        TimePrecision? precision = WriteAnswers.Parameter(request, "precision") switch
        {
            "" or "ns" => TimePrecision.Nanoseconds,
            "us" => TimePrecision.Microseconds,
            "ms" => TimePrecision.Milliseconds,
            "s" => TimePrecision.Seconds,
            _ => null,
        };
        if (precision is { } known)
            return new IngestRules { Database = bucket, Dialect = IngestDialect.V2, Precision = known };
        await ErrorAsync(
            context.Response,
            StatusCodes.Status400BadRequest,
            "invalid",
            "invalid precision; valid precision units are ns, us, ms, and s");
        return null;
    }

    public Task AnswerRefusalsAsync(HttpContext context, ParsedPoints parsed, IngestRules rules)
    {
        string reasons = V1Dialect.Reasons(parsed);
        if (parsed.RefusedWhole)
            return ErrorAsync(context.Response, StatusCodes.Status400BadRequest, "invalid", reasons);
        string count = parsed.RefusedCount.ToString(CultureInfo.InvariantCulture);
        return ErrorAsync(
            context.Response,
            StatusCodes.Status422UnprocessableEntity,
            "unprocessable entity",
            $"failure writing points to database: partial write: {reasons} dropped={count}");
    }

    public Task AnswerFailureAsync(HttpContext context, int status, string message)
    {
        string code = status switch
        {
            StatusCodes.Status400BadRequest => "invalid",
            StatusCodes.Status401Unauthorized => "unauthorized",
            StatusCodes.Status403Forbidden => "forbidden",
            StatusCodes.Status404NotFound => "not found",
            StatusCodes.Status413PayloadTooLarge => "request too large",
            StatusCodes.Status422UnprocessableEntity => "unprocessable entity",
            StatusCodes.Status503ServiceUnavailable => "unavailable",
            _ => "internal error",
        };
        return ErrorAsync(context.Response, status, code, message);
    }

    private static Task ErrorAsync(HttpResponse response, int status, string code, string message)
    {
        response.Headers["X-Platform-Error-Code"] = code;
        return WriteAnswers.JsonAsync(response, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("code", code);
            json.WriteString("message", message);
            json.WriteEndObject();
        });
    }
}
