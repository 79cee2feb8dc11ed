using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Replication.Receiving;

namespace TsDb.Cloud;

/// <summary>How far this cluster is behind an edge, by the edge's own word.</summary>
internal static class EdgeLag
{
    private const long NanosecondsPerTick = 100;

    /// <summary>
    /// Seconds from the oldest point that is not durable here until now; without the edge's word the seconds
    /// since it was last heard of.
    /// </summary>
    public static double SecondsOf(EdgeSeen edge, DateTimeOffset now) => edge.Lag switch
    {
        null => Math.Max(0, (now - edge.HeardAt).TotalSeconds),
        { OldestNanoseconds: { } oldest } => Math.Max(0, (now - At(oldest)).TotalSeconds),
        _ => 0,
    };

    /// <summary>All that the edge said; null if it has said nothing yet.</summary>
    public static JsonObject? Describe(EdgeSeen? edge, DateTimeOffset now) =>
        edge?.Lag is not { } lag ? null : new JsonObject
    {
        ["told_at"] = edge.LagAt.ToString("O"),
        ["told_seconds_ago"] = Math.Max(0, (now - edge.LagAt).TotalSeconds),
        ["oldest_unshipped"] = lag.OldestNanoseconds is { } oldest
            ? At(oldest).ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture) : null,
        ["segments_pending"] = lag.Segments,
        ["bytes_pending"] = lag.BytesLength,
        ["bytes_per_second"] = lag.BytesPerSecond,
        ["eta_seconds"] = lag.Eta?.TotalSeconds,
        ["paused"] = lag.IsPaused,
        ["quarantined"] = lag.Quarantined,
        ["last_error"] = lag.LastError.Length == 0 ? null : lag.LastError,
    };

    private static DateTimeOffset At(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / NanosecondsPerTick);
}
