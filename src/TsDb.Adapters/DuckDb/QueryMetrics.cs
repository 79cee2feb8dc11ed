using System.Diagnostics.Metrics;

namespace TsDb.Adapters.DuckDb;

/// <summary>The figures of a node's queries for a scrape.</summary>
public static class QueryMetrics
{
    /// <summary>Adds them to a node's meter.</summary>
    public static void Add(Meter meter, DuckDbEngine engine)
    {
        meter.CreateObservableGauge(
            "tsdb.queries.running", () => engine.Load.Running, "{query}", "Statements in the general engine");
        meter.CreateObservableGauge(
            "tsdb.queries.waiting", () => engine.Load.Waiting, "{query}",
            "Statements that wait for their turn");
        meter.CreateObservableCounter(
            "tsdb.queries.large", () => engine.Load.Large, "{query}",
            "Statements that began anew with the large part of the memory");
        meter.CreateObservableCounter(
            "tsdb.queries.refused", () => engine.Load.Refused, "{query}",
            "Statements refused because there were too many");
        meter.CreateObservableGauge(
            "tsdb.queries.overdue", () => engine.Load.Overdue, "{query}",
            "Statements that do not stop though their time is over");
        meter.CreateObservableCounter(
            "tsdb.queries.left", () => engine.Load.OverdueEver, "{query}",
            "Statements that did not stop when their time was over");
    }
}
