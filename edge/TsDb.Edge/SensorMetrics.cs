using System.Diagnostics.Metrics;

namespace TsDb.Edge;

/// <summary>The figures of an edge's sensors for a scrape.</summary>
internal static class SensorMetrics
{
    public static void Add(Meter meter, EdgeRooms rooms)
    {
        meter.CreateObservableGauge(
            "tsdb.sensors.connections", () => rooms.Sensors?.ConnectionCount ?? 0, "{connection}");
        meter.CreateObservableCounter(
            "tsdb.sensors.connections.turned_away", () => rooms.Sensors?.ConnectionsTurnedAway ?? 0,
            "{connection}", "Connections closed at once because there were too many");
        meter.CreateObservableCounter(
            "tsdb.sensors.messages", () => rooms.SensorIntake.Gatherer.MessageCount, "{message}");
        meter.CreateObservableCounter(
            "tsdb.sensors.commits", () => rooms.SensorIntake.Gatherer.GroupCount, "{commit}",
            "Groups of messages stored together");
        meter.CreateObservableGauge(
            "tsdb.sensors.rules.wrong", () => rooms.Rules?.Error is null ? 0 : 1, null,
            "1 while the rule file is wrong and the rules before it are in force");
        meter.CreateObservableCounter(
            "tsdb.sensors.rules.reloads", () => rooms.Rules?.Reloads ?? 0, "{reload}");
        meter.CreateObservableGauge(
            "tsdb.sparkplug.nodes", () => rooms.SensorIntake.Sparkplug.Counts.Nodes, "{node}");
        meter.CreateObservableCounter(
            "tsdb.sparkplug.gaps", () => rooms.SensorIntake.Sparkplug.Counts.Gaps, "{message}",
            "Messages before which others are missing");
        meter.CreateObservableCounter(
            "tsdb.sparkplug.rebirths", () => rooms.SensorIntake.Sparkplug.Counts.RebirthsAsked, "{request}");
    }
}
