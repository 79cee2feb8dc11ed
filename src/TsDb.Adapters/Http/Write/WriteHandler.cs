using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Hosting;
using TsDb.Model;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>One write from its first byte to its answer, whatever the dialect.</summary>
internal sealed class WriteHandler(IngestPipeline pipeline, WriteEndpointOptions options, ILogger log)
{
    private readonly WriteBodyReader _bodies = new(pipeline.Limits.BodyBytesMax, options);

    public async Task HandleAsync(HttpContext context, IWriteDialect dialect)
    {
        WriteAnswers.Stamp(context.Response, options);
        CancellationToken ct = context.RequestAborted;
        try
        {
            IngestRules? rules = await dialect.ReadRulesAsync(context);
            if (rules is null || !await IsAllowedAsync(context, dialect, rules.Database)) return;
            using WriteBody body = await _bodies.ReadAsync(context.Request, ct);
            ParsedPoints parsed = await pipeline.WriteLinesAsync(body.Bytes, rules, ct);
            if (parsed.RefusedCount > 0)
            {
                await dialect.AnswerRefusalsAsync(context, parsed, rules);
                return;
            }

            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
        catch (TsDbException error)
        {
            WriteAnswers.RetryAfter(context.Response, error, options);
            int status = WriteAnswers.StatusOf(error.Kind);
            await dialect.AnswerFailureAsync(context, status, error.Message);
        }
        catch (BadHttpRequestException error)
        {
            await dialect.AnswerFailureAsync(context, error.StatusCode, error.Message);
        }
        catch (ConnectionResetException)
        {
            // The client is gone: nobody is left to answer.
            context.Abort();
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            Log.WriteFailed(log, error, context.Request.Path);
            await dialect.AnswerFailureAsync(
                context, StatusCodes.Status500InternalServerError, "internal error: see the node's log");
        }
    }

    private async Task<bool> IsAllowedAsync(HttpContext context, IWriteDialect dialect, string database)
    {
        string? credentials = WriteAnswers.Credentials(context.Request);
        if (options.Authorizer.IsAllowed(new AccessRequest("http", "write", database, credentials)))
            return true;
        int status = credentials is null ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
        await dialect.AnswerFailureAsync(context, status, "authorization failed");
        return false;
    }
}
