using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// POST /api/v3/write_lp as InfluxDB 3 answers it. <c>no_sync</c> is accepted, and the points are synced all
/// the same.
/// </summary>
internal sealed class V3Dialect : IWriteDialect
{
    private const int OriginalLineBytesMax = 20;

    public async Task<IngestRules?> ReadRulesAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string database = WriteAnswers.Parameter(request, "db");
        TimePrecision? precision = PrecisionOf(WriteAnswers.Parameter(request, "precision"));
        bool? acceptPartial = TruthOf(WriteAnswers.Parameter(request, "accept_partial"), absent: true);
        bool? noSync = TruthOf(WriteAnswers.Parameter(request, "no_sync"), absent: false);
        string? wrong = null;
        if (database.Length == 0) wrong = "missing query parameter 'db'";
        else if (precision is null)
            wrong = "invalid precision: use auto, second, millisecond, microsecond or nanosecond";
        else if (acceptPartial is null) wrong = "accept_partial must be true or false";
        else if (noSync is null) wrong = "no_sync must be true or false";
        if (wrong is not null)
        {
            await ErrorAsync(context.Response, StatusCodes.Status400BadRequest, wrong);
            return null;
        }

        return new IngestRules
        {
            Database = database,
            Dialect = IngestDialect.V3,
            Precision = precision!.Value,
            AcceptPartial = acceptPartial!.Value,
        };
    }

    public Task AnswerRefusalsAsync(HttpContext context, ParsedPoints parsed, IngestRules rules)
    {
        bool onlyLimits = parsed.Refusals.All(refusal => refusal.Kind == RefusalKind.Limit);
        int status = onlyLimits ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status400BadRequest;
        return WriteAnswers.JsonAsync(context.Response, status, json =>
        {
            json.WriteStartObject();
            if (parsed.RefusedWhole)
            {
                json.WriteString("error", "line protocol parsing error");
                json.WritePropertyName("data");
                WriteRefusal(json, parsed.Refusals[0]);
            }
            else
            {
                json.WriteString("error", "partial write of line protocol occurred");
                json.WriteStartArray("data");
                foreach (LineRefusal refusal in parsed.Refusals) WriteRefusal(json, refusal);
                json.WriteEndArray();

                // The first ones are listed, all are counted.
                long more = parsed.RefusedCount - parsed.Refusals.Length;
                if (more > 0) json.WriteNumber("more_refused", more);
            }

            json.WriteEndObject();
        });
    }

    public Task AnswerFailureAsync(HttpContext context, int status, string message) =>
        ErrorAsync(context.Response, status, message);

    private static Task ErrorAsync(HttpResponse response, int status, string message) =>
        WriteAnswers.JsonAsync(response, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("error", message);
            json.WriteEndObject();
        });

    private static void WriteRefusal(Utf8JsonWriter json, LineRefusal refusal)
    {
        json.WriteStartObject();
        json.WriteString("error_message", refusal.Reason);
        json.WriteNumber("line_number", refusal.LineNumber);
        json.WriteString("original_line", Cut(refusal.Line));
        json.WriteEndObject();
    }

    private static string Cut(string line)
    {
        int bytes = 0;
        int chars = 0;
        foreach (Rune rune in line.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > OriginalLineBytesMax) break;
            chars += rune.Utf16SequenceLength;
        }

        return line[..chars];
    }

    private static TimePrecision? PrecisionOf(string text) => text switch
    {
        "" or "auto" => TimePrecision.Auto,
        "s" or "second" => TimePrecision.Seconds,
        "ms" or "millisecond" => TimePrecision.Milliseconds,
        "us" or "u" or "microsecond" => TimePrecision.Microseconds,
        "ns" or "n" or "nanosecond" => TimePrecision.Nanoseconds,
        _ => null,
    };

    private static bool? TruthOf(string text, bool absent) => text switch
    {
        "" => absent,
        "true" => true,
        "false" => false,
        _ => null,
    };
}
