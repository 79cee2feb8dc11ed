using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb status</c>: a node at a glance, and with a cloud node the cluster and the
/// fleet.</summary>
internal static class StatusCommand
{
    public static Command Create(CommonOptions common)
    {
        Option<bool> json = new("--json") { Description = "The node's own JSON instead of tables" };
        Command command =
            new("status", "Show a node; ask a cloud node for the cluster and the fleet.") { json };
        command.Add(common.Url);
        command.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            JsonNode status = await node.GetJsonAsync("/api/v1/status", ct);
            if (parsed.GetValue(json)) Console.WriteLine(status.ToJsonString(new() { WriteIndented = true }));
            else if (status["cluster"] is not null) PrintCloud(status);
            else PrintEdge(status);
        });
        return command;
    }

    private static void PrintEdge(JsonNode status)
    {
        TextTable table = new("edge", NodeText.Of(status["id"]));
        table.Add("points accepted since start", NodeText.Of(status["points"]?["accepted"]));
        table.Add("points refused since start", NodeText.Of(status["points"]?["rejected"]));
        table.Add("rows in the buffer", NodeText.Of(status["buffer"]?["rows"]));
        table.Add("segments", NodeText.Of(status["segments"]?["count"]));
        JsonArray aside = status["segments"]?["set_aside"] as JsonArray ?? [];
        table.Add("of these missing or damaged", aside.Count.ToString(CultureInfo.InvariantCulture));
        JsonNode? ship = status["ship"];
        table.Add("segments not yet durable in the cloud", NodeText.Of(ship?["segments_pending"]));
        table.Add("bytes to ship", NodeText.Bytes(ship?["bytes_pending"]));
        table.Add("oldest point not shipped", NodeText.Moment(ship?["oldest_unshipped"]));
        table.Add("seconds until all is shipped", NodeText.Of(ship?["eta_seconds"]));
        table.Add("shipping paused", NodeText.Of(ship?["paused"]));
        table.Add("last error", NodeText.Of(ship?["last_error"]));
        table.Print(Console.Out);
        foreach (JsonNode? segment in aside)
            Console.WriteLine($"{NodeText.Of(segment?["name"])}: {NodeText.Of(segment?["reason"])}");
    }

    private static void PrintCloud(JsonNode status)
    {
        TextTable node = new("cloud node", NodeText.Of(status["id"]));
        node.Add("cluster founded", NodeText.Of(status["cluster"]?["founded"]));
        if (status["cluster"]?["waiting_for"] is { } waiting)
            node.Add("waiting for", NodeText.Of(waiting));
        node.Add("shards owned", NodeText.Of(status["shards"]?["owned"]));
        node.Add("segments", NodeText.Of(status["segments"]?["count"]));
        node.Add("files of segments", NodeText.Of(status["segments"]?["files"]));
        node.Add("bytes of segments", NodeText.Bytes(status["segments"]?["bytes"]));
        node.Add("shards recovering here", NodeText.Of(status["shards"]?["recovering"]));
        node.Add("shards on their way", NodeText.Of(status["shards"]?["moving"]));
        node.Add("they wait for", NodeText.Awaited(status["shards"]?["awaited"]));
        node.Add("segments to repair", NodeText.Of(status["repair"]?["missing"]));
        node.Add("damaged segments found", NodeText.Of(status["scrub"]?["damaged"]));
        node.Add("of these not back yet", NodeText.Of(status["repair"]?["lost"]));
        node.Add("shipments are refused", NodeText.Of(status["storing_refused"]));
        node.Print(Console.Out);
        Console.WriteLine();
        TextTable members = new("member", "state", "address");
        foreach (JsonNode? m in status["members"] as JsonArray ?? [])
            members.Add(NodeText.Of(m?["id"]), NodeText.Of(m?["state"]), NodeText.Of(m?["address"]));
        members.Print(Console.Out);
        PrintEdges(status["edges"]);
    }

    private static void PrintEdges(JsonNode? edges)
    {
        Console.WriteLine();
        TextTable table = new(
            "edge", "last seen", "its last word", "oldest unshipped then", "to ship",
            "a second", "seconds to go", "set aside", "last error it told");
        foreach (JsonNode? edge in edges as JsonArray ?? [])
        {
            JsonNode? ship = edge?["ship"];
            table.Add(
                NodeText.Of(edge?["id"]), NodeText.Moment(edge?["last_seen"]),
                ship?["told_seconds_ago"]?.GetValue<double>() is { } ago
                    ? $"{Math.Round(ago).ToString(CultureInfo.InvariantCulture)} s ago" : "-",
                NodeText.Moment(ship?["oldest_unshipped"]), NodeText.Bytes(ship?["bytes_pending"]),
                NodeText.Bytes(ship?["bytes_per_second"]), NodeText.Of(ship?["eta_seconds"]),
                NodeText.Of(ship?["quarantined"]), NodeText.Of(ship?["last_error"]));
        }

        table.Print(Console.Out);
    }
}
