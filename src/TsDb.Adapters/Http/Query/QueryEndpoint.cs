using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apache.Arrow;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;
using TsDb.Adapters.Http.Results;
using TsDb.Adapters.Http.Write;
using TsDb.Model;
using TsDb.Query.Distributed;

namespace TsDb.Adapters.Http.Query;

/// <summary>
/// GET and POST /api/v3/query_sql. The status is sent only after the first rows are there, so that most
/// errors have theirs; an error later on breaks the connection off, and no client takes a part for the whole.
/// </summary>
public sealed partial class QueryEndpoint(
    IQueryService service, IAuthorizer authorizer, ILogger<QueryEndpoint> log)
{
    /// <summary>Bytes of an answer that may wait for a connection while the rest is made.</summary>
    public const int AnswerBytesAhead = 512 * 1024;

    /// <summary>What a question may take that asks for no time of its own, and the most that one may ask
    /// for.</summary>
    public TimeSpan DurationMax { get; init; } = QueryTimeout.Default;

    /// <summary>Adds the endpoint to a node's routes.</summary>
    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/api/v3/query_sql", [HttpMethods.Get, HttpMethods.Post], HandleAsync);

    private async Task HandleAsync(HttpContext context)
    {
        CancellationToken ct = context.RequestAborted;
        try
        {
            QueryForm form = await QueryForm.ReadAsync(context.Request, DurationMax, ct);
            string? credentials = WriteAnswers.Credentials(context.Request);
            if (!authorizer.IsAllowed(new AccessRequest("http", "query", form.Request.Database, credentials)))
            {
                await AnswerErrorAsync(context.Response, StatusCodes.Status401Unauthorized, "not authorized");
                return;
            }

            QueryAnswer answer = await service.QueryAsync(form.Request, ct);
            await using (answer.Result) await SendAsync(context.Response, answer, form, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The client went away: nobody reads an answer.
        }
        catch (Exception error)
        {
            await AnswerFailureAsync(context, error);
        }
    }

    private static async Task SendAsync(
        HttpResponse response, QueryAnswer answer, QueryForm form, CancellationToken ct)
    {
        ResultWriter writer = ResultWriter.For(form.Format, answer.Result.Schema);
        await using IAsyncEnumerator<RecordBatch> rows = answer.Result.ReadAsync(ct).GetAsyncEnumerator(ct);
        bool hasFirst = await rows.MoveNextAsync();
        if (hasFirst) RequireFew(rows.Current.Length, form.Request.Limits.RowsMax);
        response.ContentType = writer.ContentType;
        response.Headers[CoverageHeader.Name] = CoverageHeader.Value(answer.Coverage);
        await writer.WriteAsync(
            Rest(rows, hasFirst, form.Request.Limits.RowsMax, ct), response.BodyWriter, ct);
    }

    private static async IAsyncEnumerable<RecordBatch> Rest(
        IAsyncEnumerator<RecordBatch> rows,
        bool hasFirst,
        long? rowsMax,
        [EnumeratorCancellation] CancellationToken ct)
    {
        long count = 0;
        for (bool hasNext = hasFirst; hasNext; hasNext = await rows.MoveNextAsync())
        {
            ct.ThrowIfCancellationRequested();
            RequireFew(count += rows.Current.Length, rowsMax);
            yield return rows.Current;
        }
    }

    private static void RequireFew(long rows, long? rowsMax)
    {
        if (rows > rowsMax)
        {
            throw new TsDbException(
                ErrorKind.TooLarge, $"the answer has more than the {rowsMax} rows that max_rows allows");
        }
    }

    private async Task AnswerFailureAsync(HttpContext context, Exception error)
    {
        if (context.Response.HasStarted)
        {
            BrokenOff(log, error);
            context.Abort();
            return;
        }

        context.Response.Clear();
        if (error is BadHttpRequestException wrong)
        {
            await AnswerErrorAsync(context.Response, wrong.StatusCode, wrong.Message);
            return;
        }

        if (error is not TsDbException known)
        {
            Failed(log, error);
            await AnswerErrorAsync(
                context.Response, StatusCodes.Status500InternalServerError,
                "the query failed inside the node; its log says how");
            return;
        }

        if (known.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter =
                Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (known.Kind == ErrorKind.Corrupt) Failed(log, known);
        await AnswerErrorAsync(
            context.Response, Status(known.Kind),
            known.Kind == ErrorKind.Corrupt
                ? "stored data could not be read; the node's log says which file" : known.Message);
    }

    private static int Status(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Deadline => StatusCodes.Status408RequestTimeout,
        ErrorKind.Unavailable or ErrorKind.Closed => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.Corrupt => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status400BadRequest,
    };

    private static Task AnswerErrorAsync(HttpResponse response, int status, string message)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        return response.WriteAsync(
            new JsonObject { ["error"] = message }.ToJsonString(JsonSerializerOptions.Default),
            CancellationToken.None);
    }

    [LoggerMessage(5201, LogLevel.Warning, "An answer was broken off after its first rows")]
    private static partial void BrokenOff(ILogger log, Exception error);

    [LoggerMessage(5202, LogLevel.Error, "A query failed")]
    private static partial void Failed(ILogger log, Exception error);
}
