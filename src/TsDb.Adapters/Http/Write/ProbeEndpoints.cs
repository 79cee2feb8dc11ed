using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// Is it there, is it well, is it ready: the three questions that clients and supervisors ask.
/// </summary>
public static class ProbeEndpoints
{
    /// <summary>Maps /ping, /health and /ready.</summary>
    /// <param name="routes">The node's routes.</param>
    /// <param name="refusal">Why the node cannot write just now; null while it can.</param>
    /// <param name="isReady">False until the node has said that it is ready; it takes writes before.</param>
    /// <param name="options">Version and clock.</param>
    public static void MapProbeEndpoints(
        this IEndpointRouteBuilder routes, Func<string?> refusal, Func<bool> isReady,
        WriteEndpointOptions options)
    {
        DateTimeOffset started = options.Clock.GetUtcNow();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        routes.MapMethods("/ping", methods, context => PingAsync(context, options));
        routes.MapMethods("/health", methods, context => HealthAsync(context, refusal(), options));
        routes.MapMethods("/ready", methods, context => ReadyAsync(context, isReady(), started, options));
    }

    private static Task PingAsync(HttpContext context, WriteEndpointOptions options)
    {
        WriteAnswers.Stamp(context.Response, options);
        string verbose = context.Request.Query["verbose"].ToString();
        bool wantsJson = verbose is not ("" or "0" or "false")
            || context.Request.Headers.Accept.ToString().Contains(
                "application/json", StringComparison.OrdinalIgnoreCase);
        if (wantsJson)
        {
            return WriteAnswers.JsonAsync(context.Response, StatusCodes.Status200OK, json =>
            {
                json.WriteStartObject();
                json.WriteString("version", options.Version);
                json.WriteString("revision", "TsDb");
                json.WriteEndObject();
            });
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task HealthAsync(HttpContext context, string? refusal, WriteEndpointOptions options)
    {
        WriteAnswers.Stamp(context.Response, options);
        int status = refusal is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return WriteAnswers.JsonAsync(context.Response, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("name", "influxdb");
            json.WriteString("message", refusal ?? "ready for queries and writes");
            json.WriteString("status", refusal is null ? "pass" : "fail");
            json.WriteStartArray("checks");
            json.WriteEndArray();
            json.WriteString("version", options.Version);
            json.WriteEndObject();
        });
    }

    private static Task ReadyAsync(
        HttpContext context, bool isReady, DateTimeOffset started, WriteEndpointOptions options)
    {
        WriteAnswers.Stamp(context.Response, options);
        TimeSpan up = options.Clock.GetUtcNow() - started;
        int status = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return WriteAnswers.JsonAsync(context.Response, status, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", isReady ? "ready" : "starting");
            json.WriteString("started", started.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
            json.WriteString("up", string.Create(CultureInfo.InvariantCulture, $"{up.TotalSeconds:0.000}s"));
            json.WriteEndObject();
        });
    }
}
