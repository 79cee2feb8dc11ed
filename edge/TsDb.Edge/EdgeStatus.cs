using System.Text.Json.Nodes;
using TsDb.Storage;

namespace TsDb.Edge;

/// <summary>What an edge says of itself, and the request to seal now.</summary>
internal static class EdgeStatus
{
    public static void MapEdgeStatus(this WebApplication app, EdgeStore store)
    {
        app.MapGet("/api/v1/status", context => context.Response.WriteAsJsonAsync(Describe(store)));
        app.MapPost("/api/v1/flush", async context =>
        {
            await store.FlushAsync(context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new JsonObject { ["flushed"] = true });
        });
    }

    private static JsonObject Describe(EdgeStore store)
    {
        StoreStats stats = store.Stats;
        return new JsonObject
        {
            ["id"] = store.Id.Value,
            ["incarnation"] = store.Incarnation.ToString(),
            ["points"] = new JsonObject { ["accepted"] = stats.RowsAccepted, ["rejected"] = 0 },
            ["buffer"] = new JsonObject { ["rows"] = stats.BufferRows, ["bytes"] = stats.BufferBytes },
            ["segments"] = new JsonObject { ["count"] = stats.SegmentCount, ["bytes"] = stats.SegmentBytes },
        };
    }
}
