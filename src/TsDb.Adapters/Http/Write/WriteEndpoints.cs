using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TsDb.Adapters.Http.Databases;
using TsDb.Adapters.Http.Statements;
using TsDb.Storage.Ingest;

namespace TsDb.Adapters.Http.Write;

/// <summary>The HTTP addresses that writers of line protocol know.</summary>
public static class WriteEndpoints
{
    /// <summary>
    /// Maps /write, /api/v2/write, /api/v3/write_lp and the statements of /query that writers begin with.
    /// </summary>
    public static void MapWriteEndpoints(
        this IEndpointRouteBuilder routes, IngestPipeline pipeline, IDatabaseDesk databases,
        WriteEndpointOptions options)
    {
        ILogger log =
            routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("TsDb.Http.Write");
        WriteHandler handler = new(pipeline, options, log);
        Map(routes, handler, "/write", new V1Dialect());
        Map(routes, handler, "/api/v2/write", new V2Dialect());
        Map(routes, handler, "/api/v3/write_lp", new V3Dialect());
        StatementEndpoint statements = new(() => pipeline.Schemas, databases, options);
        routes.MapMethods("/query", [HttpMethods.Get, HttpMethods.Post], statements.HandleAsync);
        UnknownPaths.Map(routes, options);
    }

    /// <summary>Maps /query on a node that takes no points: databases only.</summary>
    public static void MapStatements(
        this IEndpointRouteBuilder routes, IDatabaseDesk databases, WriteEndpointOptions options) =>
        routes.MapMethods(
            "/query", [HttpMethods.Get, HttpMethods.Post],
            new StatementEndpoint(schemas: null, databases, options).HandleAsync);

    /// <summary>
    /// Maps the same addresses on a node that takes no points; the answer says which nodes do.
    /// </summary>
    /// <param name="routes">The node's routes.</param>
    /// <param name="edges">Ids of the edges seen so far.</param>
    /// <param name="options">Version and the like.</param>
    public static void MapWriteRefusals(
        this IEndpointRouteBuilder routes, Func<IReadOnlyCollection<string>> edges,
        WriteEndpointOptions options)
    {
        Refuse("/write", new V1Dialect());
        Refuse("/api/v2/write", new V2Dialect());
        Refuse("/api/v3/write_lp", new V3Dialect());
        UnknownPaths.Map(routes, options);

        void Refuse(string path, IWriteDialect dialect) => routes.MapPost(path, (HttpContext context) =>
        {
            WriteAnswers.Stamp(context.Response, options);
            IReadOnlyCollection<string> seen = edges();
            string names = seen.Count == 0 ? "none was seen yet" : "seen so far: " + string.Join(", ", seen);
            string message = $"this is a cloud node, write to an edge ({names})";
            return dialect.AnswerFailureAsync(context, StatusCodes.Status400BadRequest, message);
        });
    }

    private static void Map(
        IEndpointRouteBuilder routes, WriteHandler handler, string path, IWriteDialect dialect) =>
        routes.MapPost(path, context => handler.HandleAsync(context, dialect));
}
