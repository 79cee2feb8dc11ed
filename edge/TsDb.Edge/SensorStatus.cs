using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Storage.Sensors;

namespace TsDb.Edge;

/// <summary>What an edge says of its sensors: connections, messages, rules, Sparkplug nodes.</summary>
internal static class SensorStatus
{
    public static JsonObject Describe(EdgeRooms rooms)
    {
        MessageGatherer gatherer = rooms.SensorIntake.Gatherer;
        return new JsonObject
        {
            ["connections"] = rooms.Sensors?.ConnectionCount ?? 0,
            ["connections_turned_away"] = rooms.Sensors?.ConnectionsTurnedAway ?? 0,
            ["messages"] = gatherer.MessageCount,
            ["commits"] = gatherer.GroupCount,
            ["rules"] = DescribeRules(rooms),
            ["sparkplug"] = Describe(rooms.SensorIntake.Sparkplug),
        };
    }

    private static JsonObject DescribeRules(EdgeRooms rooms) => new()
    {
        ["file"] = rooms.Rules?.Path,
        ["count"] = rooms.RulesInForce.Current.Rules.Length,
        ["taken_at"] = rooms.Rules?.TakenAt.ToString("O", CultureInfo.InvariantCulture),
        ["error"] = rooms.Rules?.Error,
    };

    private static JsonObject Describe(SparkplugNodes sparkplug)
    {
        SparkplugCounts counts = sparkplug.Counts;
        return new JsonObject
        {
            ["nodes"] = counts.Nodes,
            ["births"] = counts.Births,
            ["deaths"] = counts.Deaths,
            ["stale_deaths"] = counts.StaleDeaths,
            ["gaps"] = counts.Gaps,
            ["rebirths_asked"] = counts.RebirthsAsked,
            ["metrics_refused"] = counts.MetricsRefused,
        };
    }
}
