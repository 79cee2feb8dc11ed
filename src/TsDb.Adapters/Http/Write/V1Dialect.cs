using System.Globalization;
using Microsoft.AspNetCore.Http;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>POST /write as InfluxDB 1.x answers it.</summary>
internal sealed class V1Dialect : IWriteDialect
{
    public async Task<IngestRules?> ReadRulesAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string database = WriteAnswers.Parameter(request, "db");
        if (database.Length == 0)
        {
            await ErrorAsync(context.Response, StatusCodes.Status400BadRequest, "database is required");
            return null;
        }

        if (!IsConsistency(WriteAnswers.Parameter(request, "consistency")))
        {
            await ErrorAsync(
                context.Response, StatusCodes.Status400BadRequest, "invalid consistency level");
            return null;
        }

        if (PrecisionOf(WriteAnswers.Parameter(request, "precision")) is { } precision)
        {
            return new IngestRules
            {
                Database = database,
                Dialect = IngestDialect.V1,
                Precision = precision,
            };
        }

        string text = $"invalid precision \"{WriteAnswers.Parameter(request, "precision")}\" "
            + "(use n, u, ms, s, m or h)";
        await ErrorAsync(context.Response, StatusCodes.Status400BadRequest, text);
        return null;
    }

    public Task AnswerRefusalsAsync(HttpContext context, ParsedPoints parsed, IngestRules rules)
    {
        string reasons = Reasons(parsed);
        bool allMalformed = parsed.Refusals.All(refusal => refusal.Kind == RefusalKind.Malformed);
        string count = parsed.RefusedCount.ToString(CultureInfo.InvariantCulture);
        string message = $"partial write: {reasons} dropped={count}";
        if (allMalformed)
        {
            string policy = WriteAnswers.Parameter(context.Request, "rp");
            if (policy.Length == 0) policy = "autogen";
            message = parsed.RowCount == 0
                ? reasons
                : $"{message} for database: {rules.Database} for retention policy: {policy}";
        }

        return ErrorAsync(context.Response, StatusCodes.Status400BadRequest, message);
    }

    public Task AnswerFailureAsync(HttpContext context, int status, string message) =>
        ErrorAsync(context.Response, status, message);

    /// <summary>The body and header of an error of this dialect.</summary>
    public static Task ErrorAsync(HttpResponse response, int status, string message)
    {
        response.Headers["X-Influxdb-Error"] = WriteAnswers.HeaderText(message);
        return WriteAnswers.JsonAsync(response, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("error", message);
            json.WriteEndObject();
        });
    }

    /// <summary>Why lines were refused, a line each, and how many more there are than are listed.</summary>
    public static string Reasons(ParsedPoints parsed)
    {
        string listed = string.Join('\n', parsed.Refusals.Select(Reason));
        long more = parsed.RefusedCount - parsed.Refusals.Length;
        return more == 0
            ? listed
            : string.Create(CultureInfo.InvariantCulture, $"{listed}\nand {more} more lines were refused");
    }

    private static string Reason(LineRefusal refusal) => refusal.Kind == RefusalKind.Malformed
        ? $"unable to parse '{refusal.Line}': {refusal.Reason}"
        : refusal.Reason;

    /// <summary>Points are durable on this node whatever is asked for.</summary>
    private static bool IsConsistency(string text) =>
        text.ToUpperInvariant() is "" or "ANY" or "ONE" or "QUORUM" or "ALL";

    private static TimePrecision? PrecisionOf(string text) => text switch
    {
        "" or "n" or "ns" => TimePrecision.Nanoseconds,
        "u" or "us" or "µ" => TimePrecision.Microseconds,
        "ms" => TimePrecision.Milliseconds,
        "s" => TimePrecision.Seconds,
        "m" => TimePrecision.Minutes,
        "h" => TimePrecision.Hours,
        _ => null,
    };
}
