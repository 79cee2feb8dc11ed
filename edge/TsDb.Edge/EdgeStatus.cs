using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Replication.Shipping;
using TsDb.Storage;

namespace TsDb.Edge;

/// <summary>What an edge says of itself, and the requests to seal now, to pause and to resume.</summary>
internal static class EdgeStatus
{
    public static void MapEdgeStatus(this WebApplication app, EdgeRooms rooms)
    {
        app.MapGet("/api/v1/status", context => WriteAsync(context, Describe(rooms)));
        app.MapPost("/api/v1/flush", async context =>
        {
            await rooms.FlushAsync(context.RequestAborted);
            await WriteAsync(context, new JsonObject { ["flushed"] = true });
        });
        app.MapPost("/api/v1/ship/pause", context => TellAsync(context, rooms, isPaused: true));
        app.MapPost("/api/v1/ship/resume", context => TellAsync(context, rooms, isPaused: false));
    }

    private static async Task TellAsync(HttpContext context, EdgeRooms rooms, bool isPaused)
    {
        if (rooms.Ship is not null) await rooms.Ship.PauseAsync(isPaused, context.RequestAborted);
        await WriteAsync(context, new JsonObject { ["paused"] = isPaused && rooms.Ship is not null });
    }

    private static Task WriteAsync(HttpContext context, JsonObject answer)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(answer.ToJsonString());
    }

    private static JsonObject Describe(EdgeRooms rooms)
    {
        StoreStats stats = rooms.Store.Stats;
        return new JsonObject
        {
            ["id"] = rooms.Store.Id.Value,
            ["incarnation"] = rooms.Store.Incarnation.ToString(),
            ["points"] = new JsonObject
            {
                ["accepted"] = stats.RowsAccepted,
                ["rejected"] = rooms.Ingest.Stats.Rejected,
            },
            ["buffer"] = new JsonObject { ["rows"] = stats.BufferRows, ["bytes"] = stats.BufferBytes },
            ["log"] = new JsonObject { ["bytes"] = stats.LogBytes },
            ["segments"] = new JsonObject
            {
                ["count"] = stats.SegmentCount,
                ["bytes"] = stats.SegmentBytes,
                ["set_aside"] = new JsonArray([.. rooms.Store.SetAside.Select(name =>
                    new JsonObject { ["name"] = name, ["reason"] = "its file is missing" })]),
            },
            ["limits"] = Describe(rooms.LimitsInUse),
            ["writes_refused"] = stats.WritesRefusedReason,
            ["sensors"] = SensorStatus.Describe(rooms),
            ["ship"] = Describe(rooms.Ship?.Lag, rooms.Ship?.BytesSent ?? 0),
        };
    }

    private static JsonObject Describe(IReadOnlyList<LimitUse> limits) => new(limits.Select(limit =>
        KeyValuePair.Create<string, JsonNode?>(
            limit.Name, new JsonObject { ["used"] = limit.Used, ["max"] = limit.Max })));

    private static JsonObject Describe(ShipLag? lag, long bytesSent) => new()
    {
        ["state"] = lag?.Uplink.State ?? "stand-alone",
        ["segments_pending"] = lag?.Backlog.Segments ?? 0,
        ["bytes_pending"] = lag?.Backlog.BytesLength ?? 0,
        ["oldest_unshipped"] = lag?.Backlog.OldestNanoseconds is { } oldest ? Time(oldest) : null,
        ["bytes_sent"] = bytesSent,
        ["bytes_per_second"] = lag?.Uplink.BytesPerSecond ?? 0,
        ["eta_seconds"] = lag?.Eta?.TotalSeconds,
        ["paused"] = lag?.Uplink.IsPaused ?? false,
        ["quarantined"] = lag?.Uplink.Quarantined ?? 0,
        ["last_error"] = lag?.Uplink.LastError,
    };

    /// <summary>A time in nanoseconds since the Unix epoch as ISO 8601, with all nine digits.</summary>
    private static string Time(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + 1_000_000_000);
        string second = DateTimeOffset.FromUnixTimeSeconds(seconds)
            .ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{second}.{rest:D9}Z");
    }
}
