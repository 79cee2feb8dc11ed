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
    private const int LinesMax = 20;
    private const int NumbersMax = 8;

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
            + "missing where, and what is not offered any more. What retention takes by the cluster's rules "
            + "is left out and counted. Exit code 0: equal, or equal as far as "
            + "shipped (then it says what is on the edge only); 1: something is missing, set aside or could "
            + "not be compared; 2: not an edge, or not a cloud node.") { cloud };
        command.Add(common.Url);
        command.SetAction((parsed, ct) => VerifyAsync(
            parsed.GetRequiredValue(common.Url), parsed.GetRequiredValue(cloud), ct));
        return command;
    }

    private static async Task<int> VerifyAsync(string edgeUrl, string cloudUrl, CancellationToken ct)
    {
        using NodeClient edge = new(edgeUrl);
        await edge.RequireEdgeAsync(ct);
        using NodeClient cloud = new(cloudUrl);
        JsonNode status = await cloud.MemberStatusAsync("--cloud", ct);
        JsonNode state = await edge.GetJsonAsync("/api/v1/status", ct);
        JsonNode held = await edge.GetJsonAsync("/api/v1/leaves?leaves=true", ct);
        EdgeId id = new(held["id"]!.GetValue<string>());
        Leaf[] durable = [.. LeavesOf(held, id, onlyDurable: true)];
        JsonArray aside = held["set_aside"] as JsonArray ?? [];
        int pending = LeavesOf(held, id, onlyDurable: false).Count() - durable.Length - aside.Count;
        MemberHas[] members = await Task.WhenAll(
            status["members"]!.AsArray().Select(member => AskAsync(member!, id, durable, ct)));
        Console.WriteLine($"edge {id}: {durable.Length} shipments that the cloud said are durable, set hash "
            + $"{LeafDigest.Of(durable)}; {pending} on their way, {aside.Count} set aside");
        TextTable table = new(
            "cloud node", "shipments it has to have", "left out by retention", "set hash there", "verdict");
        foreach (MemberHas member in members)
        {
            table.Add(
                member.Node, member.Due is { } due ? Text(due) : "-",
                member.Due is null ? "-" : Text(member.PastCount), member.Digest?.ToString() ?? "-",
                member.Why ?? (member.Lacks.Length == 0 ? "equal" : $"{member.Lacks.Length} missing"));
        }

        table.Print(Console.Out);
        PrintLacks(members);
        foreach (JsonNode? leaf in aside)
        {
            Console.WriteLine(
                $"set aside: {leaf!["cell"]} #{leaf["ordinal"]} {leaf["hash"]}: {leaf["reason"]}");
        }

        bool isEqual = members.Length > 0
            && members.All(member => member.Why is null && member.Lacks.Length == 0);
        bool isAny = members.Any(member => member.Due > 0);
        string? onlyHere = OnlyHere(state, pending, aside.Count);
        Console.WriteLine((isEqual, isAny, aside.Count) switch
        {
            (_, _, > 0) => "not equal: what is set aside is not in the cloud and is not offered any more; "
                + "once the reason is gone, 'tsdb ship requeue' offers it again",
            (false, _, _) when members.Length == 0 => "nothing was compared: the cloud node names no member",
            (false, _, _) => "not equal",
            _ when onlyHere is not null => $"equal as far as shipped: on this edge only: {onlyHere}",
            (true, false, _) => "equal: the cloud has to have no shipment of this edge, as there is none "
                + "yet, or none within retention",
            _ => "equal",
        });
        return isEqual && aside.Count == 0 ? 0 : 1;
    }

    // What the cloud cannot have yet, in words; null if there is none. A stand-alone edge ships nothing.
    private static string? OnlyHere(JsonNode edge, int pending, int aside)
    {
        JsonNode? ship = edge["ship"];
        bool isAlone = ship?["state"]?.GetValue<string>() == "stand-alone";
        long segments = Number(isAlone ? edge["segments"]?["count"] : ship?["segments_pending"]);
        (long Count, string One, string Many)[] parts =
        [
            (pending, "shipment", "shipments"),
            (Math.Max(0, segments - pending - aside), "segment not cut yet", "segments not cut yet"),
            (Number(edge["buffer"]?["rows"]), "row in the buffer", "rows in the buffer"),
        ];
        string[] said =
        [
            .. parts.Where(part => part.Count > 0)
                .Select(part => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{part.Count:N0} {(part.Count == 1 ? part.One : part.Many)}")),
        ];
        return said.Length == 0 ? null : string.Join(", ", said);
    }

    private static long Number(JsonNode? node) => node?.GetValue<long>() ?? 0;

    // A line for a cell at a node.
    private static void PrintLacks(MemberHas[] members)
    {
        (string Node, IGrouping<Cell, Leaf> Leaves)[] lacks =
        [
            .. members.SelectMany(member => member.Lacks.GroupBy(leaf => leaf.Cell)
                .OrderBy(cell => cell.Key).Select(cell => (member.Node, cell))),
        ];
        foreach ((string node, IGrouping<Cell, Leaf> leaves) in lacks.Take(LinesMax))
        {
            Leaf[] cell = [.. leaves.OrderBy(leaf => leaf.Ordinal)];
            string numbers = string.Join(", ", cell.Take(NumbersMax).Select(
                leaf => $"#{Text(leaf.Ordinal.Value)}"));
            Console.WriteLine($"{node}: {leaves.Key} lacks {numbers}"
                + (cell.Length > NumbersMax ? $" and {cell.Length - NumbersMax} more" : "")
                + (cell.Length == 1 ? $" {cell[0].Hash}" : ""));
        }

        if (lacks.Length > LinesMax)
            Console.WriteLine($"and {lacks.Length - LinesMax} more days of a table at a node");
    }

    // What a member has of those that it has to have.
    private static async Task<MemberHas> AskAsync(
        JsonNode member, EdgeId edge, Leaf[] durable, CancellationToken ct)
    {
        string node = member["id"]!.GetValue<string>();
        using NodeClient client = new("http://" + member["address"]!.GetValue<string>());
        try
        {
            JsonNode there = await client.GetJsonAsync($"/api/v1/leaves?edge={edge}&leaves=true", ct);
            HashSet<int> owned = [.. there["shards_owned"]!.AsArray().Select(s => s!.GetValue<int>())];
            int shards = there["shard_count"]!.GetValue<int>();
            Leaf[] its = shards == 0
                ? [] : [.. durable.Where(l => owned.Contains(ShardId.Of(l.Cell, shards).Value))];
            Leaf[] due = [.. its.Where(l => !IsBelow(HorizonOf(there, l.Cell.Table), l.Cell))];
            HashSet<Leaf> has = [.. LeavesOf(there, edge, onlyDurable: false)];
            return new MemberHas(node, due.Length, LeafDigest.Of(due.Where(has.Contains)))
            {
                PastCount = its.Length - due.Length,
                Lacks = [.. due.Where(l => !has.Contains(l))],
                Why = shards == 0 ? "is not in a cluster" : null,
            };
        }
        catch (TsDbException silent) when (silent.Kind == ErrorKind.Unavailable)
        {
            await Console.Error.WriteLineAsync($"tsdb: {node}: {silent.Message}");
            return new MemberHas(node, null, null) { Why = "does not answer" };
        }
    }

    // A table with a rule of its own follows that one. Nodes of earlier versions tell of databases only.
    private static JsonNode? HorizonOf(JsonNode there, TableId table) =>
        there["table_horizons"]?[table.Database]?[table.Table] ?? there["horizons"]![table.Database];

    // What is older than its table is kept in the cloud is gone by rule.
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

    // Why: what keeps it from being compared.
    private sealed record MemberHas(string Node, int? Due, LeafDigest? Digest)
    {
        public Leaf[] Lacks { get; init; } = [];

        public int PastCount { get; init; }

        public string? Why { get; init; }
    }
}
