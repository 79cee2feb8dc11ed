using System.Diagnostics.Metrics;
using TsDb.Adapters.DuckDb;
using TsDb.Adapters.Mqtt.Fresh;
using TsDb.Storage;

namespace TsDb.Edge;

/// <summary>The figures of an edge for a scrape; all are read when they are asked for.</summary>
internal sealed class EdgeMetrics : IDisposable
{
    public const string MeterName = "TsDb.Edge";

    private readonly Meter _meter = new(MeterName);

    public EdgeMetrics(EdgeRooms rooms)
    {
        _meter.CreateObservableCounter(
            "tsdb.points.accepted", () =>
                rooms.Store.Stats.RowsAccepted, "{point}", "Points acknowledged since start");
        _meter.CreateObservableCounter(
            "tsdb.points.rejected", () =>
                rooms.Ingest.Stats.Rejected, "{point}", "Points refused since start");
        _meter.CreateObservableGauge("tsdb.buffer.rows", () => rooms.Store.Stats.BufferRows, "{row}");
        _meter.CreateObservableGauge("tsdb.buffer.size", () => rooms.Store.Stats.BufferBytes, "By");
        _meter.CreateObservableGauge("tsdb.log.size", () => rooms.Store.Stats.LogBytes, "By");
        _meter.CreateObservableGauge("tsdb.segments", () => rooms.Store.Stats.SegmentCount, "{segment}");
        _meter.CreateObservableGauge("tsdb.segments.size", () => rooms.Store.Stats.SegmentBytes, "By");
        _meter.CreateObservableGauge(
            "tsdb.segments.set_aside", () => rooms.Store.SetAside.Count, "{segment}",
            "Segments that no query reads because their file is missing or damaged");
        _meter.CreateObservableCounter(
            "tsdb.scrub.size", () => rooms.ScrubLoop.Status.BytesLength, "By",
            "Stored segments read again and compared with their hashes");
        _meter.CreateObservableCounter(
            "tsdb.scrub.damaged", () => rooms.ScrubLoop.Status.Damaged, "{segment}");
        _meter.CreateObservableGauge(
            "tsdb.writes.refused", () => rooms.Store.Stats.WritesRefusedReason is null ? 0 : 1, null,
            "1 while writes are refused for lack of room");
        _meter.CreateObservableGauge(
            "tsdb.limit.used", () => Limits(rooms, limit => limit.Used), null,
            "What is used of each limit");
        _meter.CreateObservableGauge(
            "tsdb.limit.max", () => Limits(rooms, limit => limit.Max), null, "Each limit");
        SensorMetrics.Add(_meter, rooms);
        QueryMetrics.Add(_meter, rooms.Engine);
        if (rooms.Ship is null) return;
        _meter.CreateObservableGauge("tsdb.ship.pending", () => rooms.Ship.Lag.Backlog.Segments, "{segment}");
        _meter.CreateObservableGauge("tsdb.ship.pending.size", () =>
            rooms.Ship.Lag.Backlog.BytesLength, "By");
        _meter.CreateObservableCounter("tsdb.ship.sent", () =>
            rooms.Ship.BytesSent, "By", "Published since start");
        _meter.CreateObservableGauge("tsdb.ship.rate", () => rooms.Ship.Lag.Uplink.BytesPerSecond, "By/s");
        _meter.CreateObservableGauge("tsdb.ship.quarantined", () =>
            rooms.Ship.Lag.Uplink.Quarantined, "{segment}");
        _meter.CreateObservableCounter(
            "tsdb.fresh.questions", () => Questions(rooms.Fresh!.Stats), "{question}",
            "The cloud's questions by what became of them");
    }

    private static IEnumerable<Measurement<long>> Questions(EdgeQueryStats stats)
    {
        foreach ((string outcome, long count) in ((string, long)[])
            [("answered", stats.Answered), ("refused", stats.Refused), ("late", stats.Late),
                ("unsent", stats.Unsent)])
            yield return new Measurement<long>(
                count, KeyValuePair.Create<string, object?>("outcome", outcome));
    }

    private static IEnumerable<Measurement<long>> Limits(EdgeRooms rooms, Func<LimitUse, long> figure) =>
        rooms.LimitsInUse.Select(limit => new Measurement<long>(
            figure(limit), KeyValuePair.Create<string, object?>("limit", limit.Name)));

    public void Dispose() => _meter.Dispose();
}
