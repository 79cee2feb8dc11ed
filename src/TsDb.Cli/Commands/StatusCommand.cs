using System.CommandLine;
using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;
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
        TextTable table = new("edge", Text(status["id"]));
        table.Add("points accepted since start", Text(status["points"]?["accepted"]));
        table.Add("points refused since start", Text(status["points"]?["rejected"]));
        table.Add("rows in the buffer", Text(status["buffer"]?["rows"]));
        table.Add("segments", Text(status["segments"]?["count"]));
        JsonNode? ship = status["ship"];
        table.Add("segments not yet durable in the cloud", Text(ship?["segments_pending"]));
        table.Add("bytes to ship", Bytes(ship?["bytes_pending"]));
        table.Add("oldest point not shipped", Text(ship?["oldest_unshipped"]));
        table.Add("seconds until all is shipped", Text(ship?["eta_seconds"]));
        table.Add("shipping paused", Text(ship?["paused"]));
        table.Add("last error", Text(ship?["last_error"]));
        table.Print(Console.Out);
    }

    private static void PrintCloud(JsonNode status)
    {
        TextTable node = new("cloud node", Text(status["id"]));
        node.Add("cluster founded", Text(status["cluster"]?["founded"]));
        node.Add("shards owned", Text(status["shards"]?["owned"]));
        node.Add("segments", Text(status["segments"]?["count"]));
        node.Add("bytes of segments", Bytes(status["segments"]?["bytes"]));
        node.Add("shards recovering here", Text(status["shards"]?["recovering"]));
        node.Add("shards on their way", Text(status["shards"]?["moving"]));
        node.Add("segments to repair", Text(status["repair"]?["missing"]));
        node.Add("damaged segments found", Text(status["scrub"]?["damaged"]));
        node.Add("of these not back yet", Text(status["repair"]?["lost"]));
        node.Print(Console.Out);
        PrintRows("member", status["members"], "state", "address");
        PrintRows(
            "edge", status["edges"], "last_seen", "lag", "ship.oldest_unshipped", "ship.bytes_pending",
            "ship.bytes_per_second", "ship.eta_seconds", "ship.quarantined", "ship.last_error");
    }

    private static void PrintRows(string title, JsonNode? rows, params string[] columns)
    {
        Console.WriteLine();
        TextTable table = new([title, .. columns.Select(c =>
            c[(c.IndexOf('.', StringComparison.Ordinal) + 1)..].Replace('_', ' '))]);
        foreach (JsonNode? row in rows as JsonArray ?? [])
            table.Add([Text(row?["id"]), .. columns.Select(c => Text(Find(row, c)))]);
        table.Print(Console.Out);
    }

    private static JsonNode? Find(JsonNode? row, string path) =>
        path.Split('.').Aggregate(row, (node, name) => node?[name]);

    private static string Text(JsonNode? node) => node?.ToString() ?? "-";

    private static string Bytes(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double bytes) ? ByteSizeText.Format(bytes)
            : Text(node);
}
