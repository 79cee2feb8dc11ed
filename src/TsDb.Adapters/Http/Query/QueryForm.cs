using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Results;
using TsDb.Model;
using TsDb.Query;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// What a client asks: from the query string, and for POST also from a form, a JSON object or the plain
/// statement in the body, which count more.
/// </summary>
/// <param name="Request">The question.</param>
/// <param name="Format">The form of the answer.</param>
internal sealed record QueryForm(QueryRequest Request, ResultFormat Format)
{
    private const int BodyBytesMax = 2 << 20;
    private const int BodyBytesStart = 4 << 10;
    private const int ShownMax = 64;

    // u and p are credentials of clients that have no headers.
    private static readonly string[] Parameters =
    [
        "db", "q", "format", "params", "consistency", "fresh", "edge_timeout", "allow_partial", "timeout",
        "max_rows", "u", "p",
    ];

    private static readonly (string Type, ResultFormat Format)[] MediaTypes =
    [
        ("application/json", ResultFormat.Json),
        ("application/jsonl", ResultFormat.JsonLines),
        ("application/x-ndjson", ResultFormat.JsonLines),
        ("text/csv", ResultFormat.Csv),
        ("text/plain", ResultFormat.Pretty),
        ("application/vnd.apache.arrow.stream", ResultFormat.Arrow),
        ("application/vnd.apache.parquet", ResultFormat.Parquet),
    ];

    /// <summary>
    /// Reads the request. Throws <see cref="ErrorKind.Invalid"/> for what cannot be understood.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="durationMax">What the question may take if it says nothing, and at most.</param>
    /// <param name="ct">Ends the reading.</param>
    public static async Task<QueryForm> ReadAsync(
        HttpRequest request, TimeSpan durationMax, CancellationToken ct)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        foreach ((string name, StringValues value) in request.Query) values[name] = value.ToString();
        if (HttpMethods.IsPost(request.Method)) await ReadBodyAsync(request, values, ct);
        RequireKnown(values);
        if (values.TryGetValue("params", out string? parameters) && parameters is not ("" or "{}" or "null"))
            throw Wrong("bound parameters are not supported: write the values into the statement");
        ResultFormat format = FormatOf(values.GetValueOrDefault("format"), request.Headers.Accept);
        return new QueryForm(
            new QueryRequest
            {
                Database = Required(values, "db"),
                Sql = Required(values, "q"),
                Consistency = Consistency(values),
                AllowPartial = IsTrue(values, "allow_partial"),
                Fresh = IsTrue(values, "fresh"),
                EdgeWait = EdgeWait(values),
                TextRuns = format is ResultFormat.Json or ResultFormat.JsonLines,
                Limits = Limits(values, durationMax),
            },
            format);
    }

    // A word that is misspelt would be left out in silence, and a limit or a consistency with it.
    private static void RequireKnown(Dictionary<string, string> values)
    {
        string[] unknown =
        [
            .. values.Keys.Except(Parameters, StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(name => $"'{name[..Math.Min(name.Length, ShownMax)]}'").Take(Parameters.Length),
        ];
        if (unknown.Length == 0) return;
        throw Wrong(
            $"unknown: {string.Join(", ", unknown)}; there are {string.Join(", ", Parameters[..^2])}");
    }

    private static TimeSpan EdgeWait(Dictionary<string, string> values)
    {
        if (!values.TryGetValue("edge_timeout", out string? text)) return QueryRequest.EdgeWaitDefault;
        try
        {
            TimeSpan wait = DurationText.Parse(text);
            return wait <= QueryTimeout.Most ? wait : throw Wrong($"edge_timeout '{text}' is more than 1h");
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw Wrong($"edge_timeout '{text}' is no duration: {error.Message}");
        }
    }

    // A client may ask for less than the node allows, never for more.
    private static SqlLimits Limits(Dictionary<string, string> values, TimeSpan durationMax)
    {
        SqlLimits limits = new() { DurationMax = durationMax };
        if (values.GetValueOrDefault("timeout") is { Length: > 0 } text)
        {
            TimeSpan asked;
            try
            {
                asked = DurationText.Parse(text);
            }
            catch (Exception error) when (error is FormatException or OverflowException)
            {
                throw Wrong($"timeout: {error.Message}");
            }

            if (asked < QueryTimeout.Least) throw Wrong("timeout must be 1ms or more, such as 5s");
            limits = limits with { DurationMax = asked < durationMax ? asked : durationMax };
        }

        if (values.GetValueOrDefault("max_rows") is not { Length: > 0 } number) return limits;
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long rows)
            ? limits with { RowsMax = rows }
            : throw Wrong($"max_rows='{number}' is not a number of rows");
    }

    // No statement begins with a brace, so JSON that is sent as plain text is still JSON.
    private static bool IsPlainText(HttpRequest request) => request.ContentType is { } type
        && (type.StartsWith("text/plain", StringComparison.OrdinalIgnoreCase)
            || type.StartsWith("application/sql", StringComparison.OrdinalIgnoreCase));

    private static async Task ReadBodyAsync(
        HttpRequest request, Dictionary<string, string> values, CancellationToken ct)
    {
        if (request.ContentLength > BodyBytesMax)
            throw Wrong($"the request may have up to {BodyBytesMax} bytes");
        SlowBodies.Forbid(request.HttpContext);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = BodyBytesMax;
        if (request.HasFormContentType)
        {
            await ReadFormAsync(request, values, ct);
            return;
        }

        byte[] body = await ReadBytesAsync(request.Body, ct);
        if (body.Length == 0) return;
        if (IsPlainText(request) && body.AsSpan().TrimStart(" \t\r\n"u8) is not [(byte)'{', ..])
        {
            values["q"] = System.Text.Encoding.UTF8.GetString(body);
            return;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw Wrong("the body must be a JSON object");
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
                values[property.Name] = Text(property.Value);
        }
        catch (JsonException error)
        {
            throw Wrong($"the body is not JSON: {error.Message}");
        }
        catch (InvalidOperationException)
        {
            // The document's way to say that a text is no Unicode, found only when the text is asked for.
            throw Wrong("the body is not JSON: a text in it is not valid Unicode");
        }
    }

    private static async Task ReadFormAsync(
        HttpRequest request, Dictionary<string, string> values, CancellationToken ct)
    {
        try
        {
            IFormCollection form = await request.ReadFormAsync(ct);
            foreach ((string name, StringValues value) in form) values[name] = value.ToString();
        }
        catch (Exception error) when (error is InvalidDataException or IOException
            && error is not BadHttpRequestException)
        {
            throw Wrong($"the form cannot be read: {error.Message}");
        }
    }

    private static async Task<byte[]> ReadBytesAsync(Stream body, CancellationToken ct)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(BodyBytesStart);
        try
        {
            int length = 0;
            for (int read; (read = await body.ReadAsync(bytes.AsMemory(length), ct)) > 0;)
            {
                length += read;
                if (length > BodyBytesMax) throw Wrong($"the request may have up to {BodyBytesMax} bytes");
                if (length < bytes.Length) continue;
                byte[] larger = ArrayPool<byte>.Shared.Rent(length * 2);
                bytes.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(bytes);
                bytes = larger;
            }

            return bytes[..length];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static string Required(Dictionary<string, string> values, string name) =>
        values.GetValueOrDefault(name) is { Length: > 0 } value
            ? value
            : throw Wrong($"parameter {name} is required");

    private static Consistency Consistency(Dictionary<string, string> values) =>
        values.GetValueOrDefault("consistency") switch
        {
            null or "" or "quorum" => TsDb.Query.Distributed.Consistency.Quorum,
            "one" => TsDb.Query.Distributed.Consistency.One,
            "all" => TsDb.Query.Distributed.Consistency.All,
            string other => throw Wrong($"consistency '{other}' is not known: one, quorum or all"),
        };

    private static bool IsTrue(Dictionary<string, string> values, string name) =>
        values.GetValueOrDefault(name) switch
    {
        null or "" or "false" or "0" => false,
        "true" or "1" => true,
        string other => throw Wrong($"{name}='{other}' is neither true nor false"),
    };

    private static ResultFormat FormatOf(string? name, StringValues accept) => name switch
    {
        null or "" => Accepted(accept),
        "json" => ResultFormat.Json,
        "jsonl" or "json_lines" => ResultFormat.JsonLines,
        "csv" => ResultFormat.Csv,
        "pretty" or "table" => ResultFormat.Pretty,
        "arrow" => ResultFormat.Arrow,
        "parquet" => ResultFormat.Parquet,
        _ => throw Wrong($"format '{name}' is not known: json, jsonl, csv, pretty, arrow or parquet"),
    };

    // The first type in the header that is known; what a browser or a library sends by default gives JSON.
    private static ResultFormat Accepted(StringValues accept)
    {
        foreach (string type in accept.ToString().Split(','))
        {
            string plain = type.Split(';')[0].Trim();
            foreach ((string known, ResultFormat format) in MediaTypes)
            {
                if (plain.Equals(known, StringComparison.OrdinalIgnoreCase)) return format;
            }
        }

        return ResultFormat.Json;
    }

    private static TsDbException Wrong(string message) => new(ErrorKind.Invalid, message);
}
