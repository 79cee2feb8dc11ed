using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Adapters.Http;
using TsDb.Adapters.Mqtt.Uplink;
using TsDb.Model;
using TsDb.Replication.Shipping;
using TsDb.Storage;
using TsDb.Storage.Catalog;
using TsDb.Storage.Scrubbing;
using TsDb.Storage.Shipping;

namespace TsDb.Edge;

/// <summary>What an edge says of itself, and the requests to seal now, to pause and to resume.</summary>
internal static class EdgeStatus
{
    public static void MapEdgeStatus(this WebApplication app, AdminEndpoint admin, EdgeRooms rooms)
    {
        app.MapGet("/api/v1/status", context => WriteAsync(context, Describe(rooms)));
        admin.Map(app, HttpMethods.Post, "/api/v1/flush", async context =>
        {
            await rooms.FlushAsync(context.RequestAborted);
            return new JsonObject { ["flushed"] = true };
        });
        app.MapGet("/api/v1/leaves", context => WriteAsync(context, DescribeLeaves(context, rooms)));
        app.MapGet("/api/v1/ship", context => WriteAsync(context, DescribeShipping(rooms.Ship)));
        app.MapPost("/api/v1/ship/pause", context =>
            TellAsync(context, rooms, (ship, ct) => ship.PauseAsync(true, ct)));
        app.MapPost("/api/v1/ship/resume", context =>
            TellAsync(context, rooms, (ship, ct) => ship.PauseAsync(false, ct)));
        app.MapPost("/api/v1/ship/requeue", context =>
            TellAsync(context, rooms, (ship, ct) => ship.RequeueAsync(ct)));
    }

    // Answered once the shipper has taken notice, with what it says then.
    private static async Task TellAsync(
        HttpContext context, EdgeRooms rooms, Func<ShipService, CancellationToken, Task> tell)
    {
        if (rooms.Ship is null)
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            await WriteAsync(context, new JsonObject
            {
                ["error"] = "this edge ships nowhere: start it with --uplink mqtt://host:port",
            });
            return;
        }

        await tell(rooms.Ship, context.RequestAborted);
        await WriteAsync(context, DescribeShipping(rooms.Ship));
    }

    // The ledger: every shipment that was ever cut here, but those that gave up their number or that nobody
    // needs.
    private static JsonObject DescribeLeaves(HttpContext context, EdgeRooms rooms)
    {
        IEnumerable<(Leaf, bool)> leaves = rooms.Store.Catalog.Ledger.Values
            .Where(l => !l.IsUnwanted && (l.DurableAt is not null || l.Presence == LeafPresence.Present))
            .Select(l => (l.Leaf, l.DurableAt is not null));
        JsonObject listing = LeafListing.Describe(leaves, context.Request.Query["leaves"] == "true");
        listing["id"] = rooms.Store.Id.Value;
        CatalogState catalog = rooms.Store.Catalog;
        listing["set_aside"] = new JsonArray([.. catalog.Ledger.Values
            .Where(l => l.Aside is not null && ShipLedger.Open(catalog, l) is not null)
            .Select(l => Describe(l.Leaf, l.Aside!.Reason))]);
        return listing;
    }

    private static JsonObject DescribeShipping(ShipService? ship)
    {
        JsonObject shipping = Describe(ship);
        shipping["quarantine"] = new JsonArray(
            [.. (ship?.Lag.Uplink.Quarantine ?? []).Select(aside => Describe(aside.Leaf, aside.Reason))]);
        return shipping;
    }

    private static JsonObject Describe(Leaf aside, string reason) => new()
    {
        ["cell"] = aside.Cell.ToString(),
        ["ordinal"] = aside.Ordinal.Value,
        ["hash"] = aside.Hash.ToString(),
        ["reason"] = reason,
    };

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
                ["set_aside"] = new JsonArray([.. rooms.Store.SetAside.Select(aside =>
                    new JsonObject { ["name"] = aside.Segment.Name, ["reason"] = aside.Reason })]),
            },
            ["scrub"] = Describe(rooms.ScrubLoop.Status),
            ["limits"] = Describe(rooms.LimitsInUse),
            ["writes_refused"] = stats.WritesRefusedReason,
            ["sensors"] = SensorStatus.Describe(rooms),
            ["ship"] = Describe(rooms.Ship),
        };
    }

    private static JsonObject Describe(ScrubStatus scrub) => new()
    {
        ["files"] = scrub.Files,
        ["bytes"] = scrub.BytesLength,
        ["damaged"] = scrub.Damaged,
        ["finished_at"] = scrub.FinishedAt?.ToString("O"),
    };

    private static JsonObject Describe(IReadOnlyList<LimitUse> limits) => new(limits.Select(limit =>
        KeyValuePair.Create<string, JsonNode?>(
            limit.Name, new JsonObject { ["used"] = limit.Used, ["max"] = limit.Max })));

    private static JsonObject Describe(ShipService? ship)
    {
        ShipLag? lag = ship?.Lag;
        return new JsonObject
        {
            ["state"] = lag?.Uplink.State ?? "stand-alone",
            ["segments_pending"] = lag?.Backlog.Segments ?? 0,
            ["bytes_pending"] = lag?.Backlog.BytesLength ?? 0,
            ["oldest_unshipped"] = lag?.Backlog.OldestNanoseconds is { } oldest ? Time(oldest) : null,
            ["bytes_sent"] = ship?.BytesSent ?? 0,
            ["data_bytes_sent"] = ship?.DataBytesSent ?? 0,
            ["bytes_per_second"] = lag?.Uplink.BytesPerSecond ?? 0,
            ["eta_seconds"] = lag?.Eta?.TotalSeconds,
            ["paused"] = lag?.Uplink.IsPaused ?? false,
            ["quarantined"] = lag?.Uplink.Quarantined ?? 0,
            ["last_error"] = lag?.Uplink.LastError,
        };
    }

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
