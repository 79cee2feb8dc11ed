using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TsDb.Adapters.Http.Write;

/// <summary>
/// What is not served here gets an answer that clients of all three dialects can show to a person.
/// </summary>
internal static class UnknownPaths
{
    private static readonly string[] PostOnly =
        ["/write", "/api/v2/write", "/api/v3/write_lp", "/api/v2/query", "/api/v1/flush"];

    private const string Sql = "ask questions in SQL at /api/v3/query_sql";

    public static void Map(IEndpointRouteBuilder routes, WriteEndpointOptions options)
    {
        routes.MapPost("/api/v2/query", context => AnswerAsync(
            context, StatusCodes.Status501NotImplemented, "not implemented",
            $"Flux is not understood here: {Sql}"));
        routes.MapMethods(
            "/api/v3/query_influxql", [HttpMethods.Get, HttpMethods.Post], context => AnswerAsync(
                context, StatusCodes.Status501NotImplemented, "not implemented",
                $"InfluxQL is not understood here: {Sql}"));
        routes.MapFallback("{*path}", context =>
        {
            string path = context.Request.Path;
            if (!PostOnly.Contains(path))
                return AnswerAsync(
                    context, StatusCodes.Status404NotFound, "not found", $"nothing is served at {path}");
            context.Response.Headers.Allow = HttpMethods.Post;
            return AnswerAsync(
                context, StatusCodes.Status405MethodNotAllowed, "method not allowed",
                $"{path} takes POST only");
        });

        Task AnswerAsync(HttpContext context, int status, string code, string message)
        {
            WriteAnswers.Stamp(context.Response, options);
            return WriteAnswers.JsonAsync(context.Response, status, json =>
            {
                json.WriteStartObject();
                json.WriteString("code", code);
                json.WriteString("message", message);
                json.WriteString("error", message);
                json.WriteEndObject();
            });
        }
    }
}
