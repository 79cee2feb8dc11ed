using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Adapters.Http;
using TsDb.Adapters.Raft;
using TsDb.Model;
using TsDb.Replication.Cluster;

namespace TsDb.Cloud;

/// <summary>The endpoints that only a cloud node has.</summary>
internal static class CloudEndpoints
{
    private static readonly string[] WritePaths = ["/write", "/api/v2/write", "/api/v3/write_lp"];

    /// <summary>Maps the status, and the answer to those who write to the wrong kind of node.</summary>
    public static void MapCloudEndpoints(
        this IEndpointRouteBuilder routes, RaftClusterState cluster, CloudStatus status)
    {
        routes.MapGet("/api/v1/status", context => context.Response.WriteAsJsonAsync(status.Describe()));
        routes.MapGet("/api/v1/leaves", context => TellLeavesAsync(context, status));
        foreach (string path in WritePaths)
            routes.MapPost(path, context => RefuseWriteAsync(context, cluster.Current));
    }

    /// <summary>Maps what operators do to the cluster.</summary>
    public static void MapClusterAdmin(
        this IEndpointRouteBuilder routes, AdminEndpoint admin, ClusterAdmin cluster)
    {
        const string path = "/api/v1/cluster/";
        static bool IsForced(HttpContext context) => AdminEndpoint.Value(context, "force") == "true";
        admin.Map(routes, HttpMethods.Get, "/api/v1/shards", context =>
            cluster.ShardsAsync(context.RequestAborted));
        admin.Map(routes, HttpMethods.Post, path + "remove", context => cluster.RemoveAsync(
            AdminEndpoint.Required(context, "node"), IsForced(context), context.RequestAborted));
        admin.Map(routes, HttpMethods.Post, path + "leave", context => cluster.LeaveAsync(
            AdminEndpoint.Required(context, "node"), context.RequestAborted));
        admin.Map(routes, HttpMethods.Post, path + "replace", context => cluster.ReplaceAsync(
            AdminEndpoint.Required(context, "node"), AdminEndpoint.Required(context, "by"),
            IsForced(context), context.RequestAborted));
        admin.Map(
            routes, HttpMethods.Post, path + "give-up", _ => Task.Run(() => cluster.GiveUp()));
        admin.Map(routes, HttpMethods.Post, path + "set", context => cluster.SetAsync(
            Number(context, "replication"), Number(context, "write_quorum"),
            AdminEndpoint.Value(context, "replace_after"), context.RequestAborted));
    }

    private static int? Number(HttpContext context, string name) => AdminEndpoint.Value(context, name) switch
    {
        null => null,
        "majority" => 0,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) =>
            number,
        { } text => throw new TsDbException(ErrorKind.Invalid, $"{name}: '{text}' is not a number"),
    };

    private static Task TellLeavesAsync(HttpContext context, CloudStatus status)
    {
        string edge = context.Request.Query["edge"].ToString();
        if (EdgeId.IsValid(edge))
        {
            bool withLeaves = context.Request.Query["leaves"] == "true";
            return context.Response.WriteAsJsonAsync(status.DescribeLeaves(new EdgeId(edge), withLeaves));
        }

        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return context.Response.WriteAsJsonAsync(
            new JsonObject { ["error"] = "name the edge whose segments are meant: ?edge=ID" });
    }

    private static Task RefuseWriteAsync(HttpContext context, ClusterConfiguration? current)
    {
        string[] edges = [.. (current?.Edges.Keys ?? []).Select(e => e.Value)];
        string seen = edges.Length == 0 ? "none was seen yet" : $"seen: {string.Join(", ", edges)}";
        string text = $"this is a cloud node: write to an edge ({seen})";
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.Headers["X-Influxdb-Error"] = text;

        // Both spellings of the dialects: v1 and v3 read "error", v2 reads "code" and "message".
        return context.Response.WriteAsJsonAsync(new JsonObject
        {
            ["error"] = text,
            ["code"] = "invalid",
            ["message"] = text,
            ["edges"] = new JsonArray([.. edges.Select(e => (JsonNode)e)]),
        });
    }
}
