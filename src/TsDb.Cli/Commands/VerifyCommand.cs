using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary>
/// <c>tsdb verify</c>: proof that the cloud has what an edge has cut, leaf by leaf. It ends with 1 also where
/// the edge has set a shipment aside.
/// </summary>
internal static class VerifyCommand
{
    public static Command Create(CommonOptions common)
    {
        Option<string> cloud = new("--cloud")
        {
            Description = "A cloud node; the other members are found through it",
            DefaultValueFactory = _ => "http://127.0.0.1:8088",
        };
        Command command = new(
            "verify",
            "Compare the shipments of an edge (--url) with those in the cloud by set hash: equal, or what is "
            + "missing where, and what is not offered any more.") { cloud };
        command.Add(common.Url);
        command.SetAction((parsed, ct) => VerifyAsync(
            parsed.GetRequiredValue(common.Url), parsed.GetRequiredValue(cloud), ct));
        return command;
    }

    private static async Task<int> VerifyAsync(string edgeUrl, string cloudUrl, CancellationToken ct)
    {
        using NodeClient edge = new(edgeUrl);
        JsonNode held = await edge.GetJsonAsync("/api/v1/leaves?leaves=true", ct);
        EdgeId id = new(held["id"]!.GetValue<string>());
        Leaf[] durable = [.. LeavesOf(held, id, onlyDurable: true)];
        JsonArray aside = held["set_aside"] as JsonArray ?? [];
        int pending = LeavesOf(held, id, onlyDurable: false).Count() - durable.Length - aside.Count;
        using NodeClient cloud = new(cloudUrl);
        JsonNode status = await cloud.GetJsonAsync("/api/v1/status", ct);
        TextTable table = new("cloud node", "shipments it has to have", "set hash there", "verdict");
        bool isEqual = true;
        List<string> missing = [];
        foreach (JsonNode? member in status["members"] as JsonArray ?? [])
        {
            string node = member!["id"]!.GetValue<string>();
            using NodeClient client = new("http://" + member["address"]!.GetValue<string>());
            (string count, string digest, string found) = ("-", "-", "");
            try
            {
                JsonNode there = await client.GetJsonAsync($"/api/v1/leaves?edge={id}&leaves=true", ct);
                HashSet<int> owned = [.. there["shards_owned"]!.AsArray().Select(s => s!.GetValue<int>())];
                int shards = there["shard_count"]!.GetValue<int>();
                JsonNode horizons = there["horizons"]!;
                Leaf[] due = [.. durable.Where(l => owned.Contains(ShardId.Of(l.Cell, shards).Value)
                    && !IsBelow(horizons[l.Cell.Table.Database], l.Cell))];
                HashSet<Leaf> has = [.. LeavesOf(there, id, onlyDurable: false)];
                (count, digest) = (Text(due.Length), LeafDigest.Of(due.Where(has.Contains)).ToString());
                Leaf[] lacks = [.. due.Where(l => !has.Contains(l))];
                missing.AddRange(lacks.Select(l => $"{node}: {l.Cell} #{Text(l.Ordinal.Value)} {l.Hash}"));
                bool same = digest == LeafDigest.Of(due).ToString();
                found = same ? "equal" : $"{lacks.Length} missing";
                isEqual &= same;
            }
            catch (TsDbException silent) when (silent.Kind == ErrorKind.Unavailable)
            {
                found = "does not answer";
                isEqual = false;
            }

            table.Add(node, count, digest, found);
        }

        Console.WriteLine($"edge {id}: {durable.Length} shipments that the cloud said are durable, set hash "
            + $"{LeafDigest.Of(durable)}; {pending} on their way, {aside.Count} set aside");
        table.Print(Console.Out);
        missing.ForEach(Console.WriteLine);
        foreach (JsonNode? leaf in aside)
        {
            Console.WriteLine(
                $"set aside: {leaf!["cell"]} #{leaf["ordinal"]} {leaf["hash"]}: {leaf["reason"]}");
        }

        string verdict = (isEqual, aside.Count) switch
        {
            (true, 0) => "equal",
            (_, 0) => "not equal",
            _ => "not equal: what is set aside is not in the cloud and is not offered any more; once the "
                + "reason is gone, 'tsdb ship requeue' offers it again",
        };
        Console.WriteLine(verdict);
        return isEqual && aside.Count == 0 ? 0 : 1;
    }

    // What is older than its database is kept in the cloud is gone by rule.
    private static bool IsBelow(JsonNode? horizon, Cell cell) =>
        horizon is not null && cell.Day.Range.EndNanoseconds <= horizon.GetValue<long>();

    private static IEnumerable<Leaf> LeavesOf(JsonNode listing, EdgeId edge, bool onlyDurable)
    {
        foreach (JsonNode? cell in listing["cells"]!.AsArray())
        {
            Cell key = new(
                new TableId(cell!["database"]!.GetValue<string>(), cell["table"]!.GetValue<string>()),
                edge,
                new Day(cell["day"]!.GetValue<int>()));
            Incarnation incarnation = new(Guid.ParseExact(cell["incarnation"]!.GetValue<string>(), "N"));
            foreach (JsonNode? leaf in cell["leaves"]!.AsArray())
            {
                if (onlyDurable && !leaf!["durable"]!.GetValue<bool>()) continue;
                if (!ContentHash.TryParse(leaf!["hash"]!.GetValue<string>(), out ContentHash hash))
                    throw new TsDbException(ErrorKind.Corrupt, $"a node tells a hash that is none: {leaf}");
                yield return new Leaf(
                    key, incarnation, new Ordinal(leaf["ordinal"]!.GetValue<long>()), hash);
            }
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
