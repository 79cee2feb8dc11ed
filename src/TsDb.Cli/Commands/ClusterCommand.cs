using System.CommandLine;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb cluster</c> and <c>tsdb shards</c>: who is in the cluster, who owns what, and changing
/// it.</summary>
internal static class ClusterCommand
{
    private const string Path = "/api/v1/cluster/";

    public static Command Create(CommonOptions common)
    {
        Argument<string> node = new("node") { Description = "The member" };
        Argument<string> heir = new("by") { Description = "The member that takes its place" };
        Option<bool> force = new("--force") { Description = "Also if points may be lost by it" };
        Option<string?> replication = new("--replication") { Description = "Copies of each segment" };
        Option<string?> quorum = new("--write-quorum")
        {
            Description = "Copies on disk that make a segment durable: a number, or 'majority'. With less "
                + "than a majority quorum questions need more owners, with 1 all of them",
        };
        Option<string?> after = new("--replace-after")
        {
            Description = "Silence, such as 30m, after which others take over a member's shards, or 'off'",
        };
        Command command =
            new("cluster", "Show the members of the cluster, and change them. Ask a cloud node. A member's "
                + "seat is the one whose shards it took over; its own if none is said.")
        {
            Verb(common, "remove", "End the membership of a node that will not come back.", [node, force],
                parsed => $"remove?node={Escaped(parsed.GetRequiredValue(node))}{Force(parsed, force)}"),
            Verb(common, "leave", "Let a node hand over its shards; it ends when it has.", [node],
                parsed => $"leave?node={Escaped(parsed.GetRequiredValue(node))}"),
            Verb(common, "replace", "Put a member in the place of another, dead or alive.",
                [node, heir, force],
                parsed => $"replace?node={Escaped(parsed.GetRequiredValue(node))}"
                    + $"&by={Escaped(parsed.GetRequiredValue(heir))}{Force(parsed, force)}"),
            Verb(common, "give-up",
                "Miss no more what the node that is asked has lost, as nobody can give it back.",
                [], _ => "give-up"),
            Verb(common, "set",
                "Change how many copies there are, how many make durable, when silent members are given up.",
                [replication, quorum, after],
                parsed => $"set?replication={parsed.GetValue(replication)}"
                    + $"&write_quorum={parsed.GetValue(quorum)}"
                    + $"&replace_after={Escaped(parsed.GetValue(after) ?? "")}"),
        };
        command.Add(common.Url);
        command.SetAction(async (parsed, ct) =>
        {
            using NodeClient client = new(parsed.GetRequiredValue(common.Url));
            PrintMembers(await client.MemberStatusAsync("--url", ct));
        });
        return command;
    }

    public static Command CreateShards(CommonOptions common)
    {
        Option<bool> all = new("--all") { Description = "Every shard, not only those that need a look" };
        Option<bool> json = new("--json") { Description = "The node's own JSON instead of a table" };
        Command command = new("shards", "Show who owns which shard, what is short of copies, what moves.")
        {
            all, json,
        };
        command.Add(common.Url);
        command.SetAction(async (parsed, ct) =>
        {
            using NodeClient client = new(parsed.GetRequiredValue(common.Url));
            await client.MemberStatusAsync("--url", ct);
            JsonNode shards = await client.GetJsonAsync("/api/v1/shards", ct);
            if (parsed.GetValue(json)) Console.WriteLine(shards.ToJsonString(new() { WriteIndented = true }));
            else PrintShards(shards, parsed.GetValue(all));
        });
        return command;
    }

    private static Command Verb(
        CommonOptions common, string name, string description, Symbol[] symbols,
        Func<ParseResult, string> path)
    {
        Command verb = new(name, description);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else verb.Add((Option)symbol);
        }

        verb.Add(common.Url);
        verb.SetAction(async (parsed, ct) =>
        {
            using NodeClient client = new(parsed.GetRequiredValue(common.Url));
            await client.MemberStatusAsync("--url", ct);
            JsonNode answer = await client.AskJsonAsync(HttpMethod.Post, Path + path(parsed), ct);
            TextTable table = new("cluster", "now");
            table.Add("members", Names(answer["members"]));
            table.Add("leaving", Names(answer["leaving"]));
            AddQuorums(table, answer);
            table.Add("silent members are given up after", NodeText.Of(answer["replace_after"]));
            table.Add("shards on their way", NodeText.Of(answer["shards_moving"]));
            table.Add("they wait for", NodeText.Awaited(answer["awaited"]));
            if (answer["given_up"] is { } lost) table.Add("segments given up", NodeText.Of(lost));
            table.Print(Console.Out);
            if (Price(answer) is { } price) Console.WriteLine(price);
        });
        return verb;
    }

    private static void AddQuorums(TextTable table, JsonNode? cluster)
    {
        string asked = NodeText.Of(cluster?["replication"]), now = NodeText.Of(cluster?["replicas"]);
        table.Add(
            "copies of each segment",
            asked == now ? asked : $"{asked}, but {now} while there are no more members");
        table.Add("copies that make durable", NodeText.Of(cluster?["write_quorum"]));
        table.Add("owners that a quorum question needs", $"{NodeText.Of(cluster?["read_quorum"])} of {now}");
    }

    // What questions pay for few copies that make durable; null if nothing.
    private static string? Price(JsonNode cluster)
    {
        int copies = cluster["replicas"]?.GetValue<int>() ?? 0;
        bool isMinority = cluster["write_quorum"]?.GetValue<int>() < (copies / 2) + 1;
        return !isMinority ? null
            : $"Less than a majority makes durable, so a quorum question needs {cluster["read_quorum"]} of "
            + $"{copies} owners of each shard: with fewer it gets 503 (consistency=one answers).";
    }

    private static void PrintMembers(JsonNode status)
    {
        JsonNode? cluster = status["cluster"];
        TextTable about = new("cluster", NodeText.Of(cluster?["id"]));
        about.Add("leader", NodeText.Of(cluster?["leader"]));
        about.Add("epoch", NodeText.Of(cluster?["epoch"]));
        AddQuorums(about, cluster);
        about.Add("silent members are given up after", NodeText.Of(cluster?["replace_after"]));
        about.Add("shards on their way", NodeText.Of(status["shards"]?["moving"]));
        about.Add("they wait for", NodeText.Awaited(status["shards"]?["awaited"]));
        about.Print(Console.Out);
        Console.WriteLine();
        TextTable members = new("member", "state", "zone", "weight", "seat", "last heard", "address");
        foreach (JsonNode? m in status["members"] as JsonArray ?? [])
        {
            members.Add(
                NodeText.Of(m?["id"]), NodeText.Of(m?["state"]), NodeText.Of(m?["zone"]),
                NodeText.Of(m?["weight"]), NodeText.Of(m?["seat"]), NodeText.Moment(m?["last_heard"]),
                NodeText.Of(m?["address"]));
        }

        members.Print(Console.Out);
    }

    private static void PrintShards(JsonNode shards, bool all)
    {
        Console.WriteLine(
            $"{shards["shards"]} shards, {shards["under_replicated"]} short of copies, {shards["moving"]} on "
            + "their way");
        if (shards["awaited"] is JsonArray { Count: > 0 } awaited)
            Console.WriteLine($"they wait for {NodeText.Awaited(awaited)}");
        string asked = NodeText.Of(shards["replication"]), now = NodeText.Of(shards["replicas"]);
        if (asked != now)
            Console.WriteLine($"{asked} copies are asked for, {now} can be: there are too few members");
        TextTable table = new("shard", "owners", "moving from", "arrived");
        foreach (JsonNode? shard in shards["list"] as JsonArray ?? [])
        {
            bool isFine = shard?["under_replicated"]?.GetValue<bool>() == false
                && shard["moving_from"] is null;
            if (isFine && !all) continue;
            table.Add(
                NodeText.Of(shard?["shard"]), Nodes(shard?["owners"]), Nodes(shard?["moving_from"]),
                Names(shard?["arrived"]));
        }

        if (table.RowCount > 0) table.Print(Console.Out);
    }

    private static string Nodes(JsonNode? nodes) => nodes is not JsonArray list ? "" : string.Join(
        ", ", list.Select(n => NodeText.Of(n?["state"]) switch
        {
            "whole" => NodeText.Of(n?["node"]),
            "silent" when n?["last_heard"] is { } heard =>
                $"{NodeText.Of(n["node"])} (silent since {NodeText.Moment(heard)})",
            var state => $"{NodeText.Of(n?["node"])} ({state})",
        }));

    private static string Names(JsonNode? names) =>
        names is JsonArray { Count: > 0 } list ? string.Join(", ", list.Select(NodeText.Of)) : "-";

    private static string Force(ParseResult parsed, Option<bool> force) =>
        parsed.GetValue(force) ? "&force=true" : "";

    private static string Escaped(string text) => Uri.EscapeDataString(text);
}
