using System.Diagnostics.Metrics;
using TsDb.Adapters.DuckDb;

namespace TsDb.Cloud;

/// <summary>The figures of a cloud node for a scrape; all are read when they are asked for.</summary>
internal sealed class CloudMetrics : IDisposable
{
    public const string MeterName = "TsDb.Cloud";

    private readonly Meter _meter = new(MeterName);

    public CloudMetrics(CloudRooms rooms)
    {
        _meter.CreateObservableGauge(
            "tsdb.cluster.founded", () => rooms.Cluster.Current is null ? 0 : 1, null, "1 once in a cluster");
        _meter.CreateObservableGauge(
            "tsdb.cluster.leader", () =>
                rooms.Cluster.Leader is null ? 0 : 1, null, "1 while a leader is known");
        _meter.CreateObservableGauge(
            "tsdb.cluster.members", () => rooms.Cluster.Current?.Members.Length ?? 0, "{member}");
        _meter.CreateObservableGauge(
            "tsdb.cluster.members.live",
            () => rooms.Cluster.Current?.Members.Count(m => rooms.Cluster.IsLive(m.Id)) ?? 0,
            "{member}");
        _meter.CreateObservableGauge("tsdb.segments", () => rooms.Store.Current.LeafCount, "{segment}");
        _meter.CreateObservableGauge(
            "tsdb.segments.files", () => rooms.Store.Current.FileCount, "{file}",
            "Files of segments: one that was merged stands for several segments");
        _meter.CreateObservableGauge("tsdb.segments.size", () => rooms.Store.Current.BytesLength, "By");
        _meter.CreateObservableGauge(
            "tsdb.storing.refused", () => rooms.Store.Refusal is null ? 0 : 1, null,
            "1 while shipments are not taken for lack of room on the disk");
        _meter.CreateObservableGauge("tsdb.shards.owned", () =>
            rooms.Receiving.Status.ShardsOwned, "{shard}");
        _meter.CreateObservableGauge(
            "tsdb.shards.recovering", () => rooms.Receiving.Status.ShardsRecovering, "{shard}");
        _meter.CreateObservableGauge("tsdb.receive.pending.size", () =>
            rooms.Receiving.Status.PendingBytes, "By");
        _meter.CreateObservableGauge(
            "tsdb.receive.undecided", () => rooms.Receiving.Status.UndecidedCount, "{segment}",
            "Segments here that have not got their write quorum");
        _meter.CreateObservableGauge(
            "tsdb.edge.lag", () => rooms.Receiving.Status.Edges.Select(edge => new Measurement<double>(
                EdgeLag.SecondsOf(edge, TimeProvider.System.GetUtcNow()),
                new KeyValuePair<string, object?>("edge", edge.Edge.Value))),
            "s", "From the oldest point of an edge that is not durable here until now");
        _meter.CreateObservableGauge(
            "tsdb.edge.pending.size", () => rooms.Receiving.Status.Edges.Select(edge => new Measurement<long>(
                edge.Lag?.BytesLength ?? 0, new KeyValuePair<string, object?>("edge", edge.Edge.Value))),
            "By", "What waits at an edge, by its own word");
        _meter.CreateObservableGauge(
            "tsdb.shards.moving", () => rooms.Cluster.Current?.Moves.Length ?? 0, "{shard}");
        _meter.CreateObservableCounter(
            "tsdb.repair.fetched.size", () => rooms.Receiving.Status.RepairFetchedBytes, "By",
            "Fetched from other nodes to repair or take over shards");
        _meter.CreateObservableGauge(
            "tsdb.repair.lost", () => rooms.Receiving.Status.LostCount, "{segment}",
            "Segments damaged or gone here that are not back yet");
        _meter.CreateObservableCounter(
            "tsdb.compaction.files", () => rooms.Receiving.Status.Compaction.Files, "{file}",
            "Files of segments that were merged into larger ones");
        _meter.CreateObservableCounter(
            "tsdb.compaction.size", () => rooms.Receiving.Status.Compaction.BytesLength, "By",
            "What was read to merge them");
        _meter.CreateObservableCounter(
            "tsdb.scrub.size", () => rooms.Receiving.Status.Scrub.BytesLength, "By",
            "Stored segments read again and compared with their hashes");
        _meter.CreateObservableCounter(
            "tsdb.scrub.damaged", () => rooms.Receiving.Status.Scrub.Damaged, "{segment}");
        _meter.CreateObservableGauge(
            "tsdb.repair.missing", () => rooms.Receiving.Status.RepairMissing, "{segment}");
        QueryMetrics.Add(_meter, rooms.Engine);
    }

    public void Dispose() => _meter.Dispose();
}
