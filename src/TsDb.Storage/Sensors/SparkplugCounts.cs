namespace TsDb.Storage.Sensors;

/// <summary>What was seen of Sparkplug nodes since start.</summary>
/// <param name="Nodes">Nodes that are online.</param>
/// <param name="Births">Births of nodes and devices.</param>
/// <param name="Deaths">Deaths of nodes and devices.</param>
/// <param name="StaleDeaths">Deaths of a connection that was not the node's last one: passed over.</param>
/// <param name="Gaps">Messages before which others are missing.</param>
/// <param name="RebirthsAsked">Requests sent to nodes.</param>
/// <param name="MetricsRefused">Metrics whose alias or type is unknown, or whose type no field can
/// have.</param>
public readonly record struct SparkplugCounts(
    int Nodes, long Births, long Deaths, long StaleDeaths, long Gaps, long RebirthsAsked,
        long MetricsRefused);
