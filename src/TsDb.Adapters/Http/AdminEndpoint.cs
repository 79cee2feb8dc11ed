using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Write;
using TsDb.Model;

namespace TsDb.Adapters.Http;

/// <summary>
/// Addresses for operators: each answers JSON, or an error with its status and one sentence that says what to
/// do.
/// </summary>
public sealed class AdminEndpoint(IAuthorizer authorizer)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>Maps an address; whoever may not administer the node is refused.</summary>
    public void Map(
        IEndpointRouteBuilder routes, string method, string path, Func<HttpContext, Task<JsonNode>> answer) =>
        MapStream(routes, method, path, async context => await answer(context));

    /// <summary>
    /// Maps an address that writes its answer itself and then returns null. What goes wrong after its first
    /// byte ends the connection, so that nobody takes a part for the whole.
    /// </summary>
    public void MapStream(
        IEndpointRouteBuilder routes, string method, string path,
        Func<HttpContext, Task<JsonNode?>> answer) =>
        routes.MapMethods(path, [method], context => AnswerAsync(context, path, answer));

    /// <summary>A value of the address's query; null if it is not given or empty.</summary>
    public static string? Value(HttpContext context, string name) =>
        context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>A value that must be given. Throws <see cref="ErrorKind.Invalid"/>.</summary>
    public static string Required(HttpContext context, string name) => Value(context, name)
        ?? throw new TsDbException(ErrorKind.Invalid, $"the address lacks {name}=...");

    private async Task AnswerAsync(
        HttpContext context, string path, Func<HttpContext, Task<JsonNode?>> answer)
    {
        string? credentials = WriteAnswers.Credentials(context.Request);
        int status = StatusCodes.Status200OK;
        JsonNode? body;
        if (!authorizer.IsAllowed(new AccessRequest("http", "admin", path, credentials)))
        {
            status = credentials is null
                ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
            body = new JsonObject { ["error"] = "authorization failed" };
        }
        else
        {
            try
            {
                body = await answer(context);
                if (body is null) return;
            }
            catch (TsDbException e) when (!context.Response.HasStarted)
            {
                status = StatusOf(e.Kind);
                if (status == StatusCodes.Status503ServiceUnavailable)
                    WriteAnswers.RetryAfter(context.Response, e.RetryAfter ?? RetryAfter);
                body = new JsonObject { ["error"] = e.Message };
            }
            catch (IOException e) when (!context.Response.HasStarted)
            {
                // A disk that fails or is full.
                status = StatusCodes.Status503ServiceUnavailable;
                WriteAnswers.RetryAfter(context.Response, RetryAfter);
                body = new JsonObject { ["error"] = e.Message };
            }
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Deadline => StatusCodes.Status408RequestTimeout,
        ErrorKind.Corrupt => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}
