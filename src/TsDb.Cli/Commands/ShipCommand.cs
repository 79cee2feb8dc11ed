using System.CommandLine;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb ship</c>: what an edge ships, and what it is to do about it.</summary>
internal static class ShipCommand
{
    public static Command Create(CommonOptions common)
    {
        Command command = new("ship", "Look at the shipping of an edge, pause it, resume it, try again.")
        {
            Verb(common, "status", "What waits, how fast it goes, what was set aside and why.",
                HttpMethod.Get, ""),
            Verb(common, "pause", "Send no more data until resumed, over restarts, too.", HttpMethod.Post,
                "/pause"),
            Verb(common, "resume", "Send data again.", HttpMethod.Post, "/resume"),
            Verb(common, "requeue", "Offer again what the cloud refused.", HttpMethod.Post, "/requeue"),
        };
        return command;
    }

    private static Command Verb(
        CommonOptions common, string name, string description, HttpMethod method, string path)
    {
        Option<bool> json = new("--json") { Description = "The node's own JSON instead of tables" };
        Command verb = new(name, description) { json };
        verb.Add(common.Url);
        verb.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            await node.RequireEdgeAsync(ct);
            JsonNode shipping = await node.AskJsonAsync(method, "/api/v1/ship" + path, ct);
            if (parsed.GetValue(json)) Console.WriteLine(shipping.ToJsonString(new() { WriteIndented =
                true }));
            else Print(shipping);
        });
        return verb;
    }

    private static void Print(JsonNode shipping)
    {
        TextTable table = new("shipping", NodeText.Of(shipping["state"]));
        table.Add("paused", NodeText.Of(shipping["paused"]));
        table.Add("segments not yet durable in the cloud", NodeText.Of(shipping["segments_pending"]));
        table.Add("bytes to ship", NodeText.Bytes(shipping["bytes_pending"]));
        table.Add("oldest point not shipped", NodeText.Moment(shipping["oldest_unshipped"]));
        table.Add("became durable lately, a second", NodeText.Bytes(shipping["bytes_per_second"]));
        table.Add("seconds until all is shipped", NodeText.Of(shipping["eta_seconds"]));
        table.Add("sent since start", NodeText.Bytes(shipping["bytes_sent"]));
        table.Add("of these shipments", NodeText.Bytes(shipping["data_bytes_sent"]));
        table.Add("set aside", NodeText.Of(shipping["quarantined"]));
        table.Add("last error", NodeText.Of(shipping["last_error"]));
        table.Print(Console.Out);
        if (shipping["quarantine"] is not JsonArray { Count: > 0 } quarantine) return;
        Console.WriteLine();
        TextTable aside = new("set aside", "number", "reason");
        foreach (JsonNode? leaf in quarantine)
        {
            aside.Add(
                NodeText.Of(leaf?["cell"]), NodeText.Of(leaf?["ordinal"]), NodeText.Of(leaf?["reason"]));
        }

        aside.Print(Console.Out);
    }
}
