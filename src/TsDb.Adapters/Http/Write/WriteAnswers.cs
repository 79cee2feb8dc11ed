using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using TsDb.Model;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// What all answers have in common: headers, JSON as these servers write it, waiting times.
/// </summary>
internal static class WriteAnswers
{
    private const int HeaderCharsMax = 1_024;

    private static readonly JsonWriterOptions Relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names the node's version as the first of these servers do.</summary>
    public static void Stamp(HttpResponse response, WriteEndpointOptions options)
    {
        response.Headers["X-Influxdb-Version"] = options.Version;
        response.Headers["X-Influxdb-Build"] = "TsDb";
    }

    /// <summary>Writes a JSON body.</summary>
    public static async Task JsonAsync(
        HttpResponse response, int status, Action<Utf8JsonWriter> write, bool indented = false)
    {
        ArrayBufferWriter<byte> bytes = new(256);
        await using (Utf8JsonWriter json = new(bytes, Relaxed with { Indented = indented })) write(json);
        bytes.Write("\n"u8);
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = bytes.WrittenCount;
        await response.Body.WriteAsync(bytes.WrittenMemory);
    }

    /// <summary>The status that a failure has in every dialect.</summary>
    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorKind.Deadline => StatusCodes.Status408RequestTimeout,
        ErrorKind.Unavailable or ErrorKind.Closed => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>Tells the writer when to come back, in whole seconds.</summary>
    public static void RetryAfter(HttpResponse response, TsDbException error, WriteEndpointOptions options)
    {
        if (StatusOf(error.Kind) == StatusCodes.Status503ServiceUnavailable)
            RetryAfter(response, error.RetryAfter ?? options.RetryAfter);
    }

    /// <summary>Tells a client when to come back, in whole seconds.</summary>
    public static void RetryAfter(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter =
            Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    /// <summary>A text as a header may carry it: printable ASCII, cut.</summary>
    public static string HeaderText(string text)
    {
        StringBuilder plain = new(Math.Min(text.Length, HeaderCharsMax));
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, HeaderCharsMax)))
            plain.Append(c is >= ' ' and <= '~' ? c : char.IsControl(c) ? ' ' : '?');
        return plain.ToString();
    }

    /// <summary>A parameter of the address, the first if it is repeated; empty if it is not there.</summary>
    public static string Parameter(HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out StringValues values) && values.Count > 0 ? values[0] ?? "" : "";

    /// <summary>What the client showed: a token, user and password, or nothing.</summary>
    public static string? Credentials(HttpRequest request)
    {
        string header = request.Headers.Authorization.ToString();
        if (header.Length > 0) return header;
        string password = Parameter(request, "p");
        return password.Length > 0 ? $"{Parameter(request, "u")}:{password}" : null;
    }
}
