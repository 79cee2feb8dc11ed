using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using TsDb.Adapters.Hosting;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb delete</c>: masks points in the whole cluster, and tells who does so already.</summary>
internal static class DeleteCommand
{
    private const string Path = "/api/v1/erasures";
    private const string Remains =
        "Masked means: no answer has these points, those that come later included, until it is lifted. Files "
        + "keep them until retention takes their days, or the tombstone is made final: then they are removed "
        + "from disk, file by file, those that come later as well, and it cannot be lifted any more.";

    private const string Lifted =
        "Lifted means: where all changes are applied, the points are in the answers again.";

    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);

    private static readonly string[] Kinds = ["nodes", "edges"];

    private static readonly Option<bool> Json =
        new("--json") { Description = "The node's own JSON instead of tables" };

    public static Command Create(CommonOptions common)
    {
        Option<string> table = new("--table") { Description = "The table" };
        Option<string> where = new("--where")
        {
            Description = "Which series: conditions on tags, all of which must hold, such as "
                + "\"site = 'oslo' AND device IN ('a', 'b')\", or short site=oslo,device=a",
        };
        Option<bool> all = new("--all-series") { Description = "Every series of the table" };
        Option<string> before = new("--before")
        {
            Description = "Points whose time is before it: 2016-01-01, 2016-01-01T12:00:00Z, or nanoseconds "
                + "since 1970",
        };
        Option<string> wait = new("--wait")
        {
            Description = "How long to wait for all nodes and connected edges before the receipt is printed; "
                + "the exit code is 0 once the change is accepted, whoever has applied it by then",
            DefaultValueFactory = _ => "10s",
        };
        Option<bool> purge = new("--purge")
        {
            Description = "Make it final at once: the points are removed from disk and cannot come back",
        };
        Argument<long> number = Number();
        Command command = new(
            "delete",
            "Erase points: a numbered tombstone masks those that match, and those that come later, at every "
            + $"cloud node and edge. {Remains}")
        {
            table, where, all, before, purge, wait, Json,
            Verb(common, "list", "Tombstones, and who has applied them.", [], ListAsync),
            Verb(common, "purge", "Make a tombstone final: what it masks is removed from disk for good.",
                [number, wait],
                async (node, parsed, ct) => Show(parsed, await SettleAsync(
                    node, HttpMethod.Post, $"{Path}/purge?number={parsed.GetValue(number)}",
                    WaitOf(parsed.GetRequiredValue(wait)), ct))),
            Verb(common, "lift", "Let the points that a tombstone masks be seen again.", [number, wait],
                async (node, parsed, ct) => Show(parsed, await SettleAsync(
                    node, HttpMethod.Delete, $"{Path}?number={parsed.GetValue(number)}",
                    WaitOf(parsed.GetRequiredValue(wait)), ct), Lifted)),
        };
        common.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            if (string.IsNullOrWhiteSpace(parsed.GetValue(where)) != parsed.GetValue(all))
            {
                throw new TsDbException(
                    ErrorKind.Invalid,
                    "say either --where CONDITIONS, or --all-series if every series is meant");
            }

            string address = $"{Path}?db={Escaped(parsed.GetRequiredValue(common.Database))}"
                + $"&table={Escaped(Required(parsed, table))}&before={Escaped(Required(parsed, before))}"
                + (parsed.GetValue(where) is { } conditions ? $"&where={Escaped(conditions)}" : "")
                + (parsed.GetValue(all) ? "&all_series=true" : "")
                + (parsed.GetValue(purge) ? "&purge=true" : "");
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            JsonNode answer = await SettleAsync(
                node, HttpMethod.Post, address, WaitOf(parsed.GetRequiredValue(wait)), ct);
            Show(parsed, answer);
        });
        return command;
    }

    private static Argument<long> Number() => new("number")
    {
        Description = "The tombstone's number",
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, out long given)) return given;
            result.AddError($"'{result.Tokens[0].Value}' is no number of a tombstone: see 'delete list'");
            return 0;
        },
    };

    private static Command Verb(
        CommonOptions common, string name, string description, Symbol[] symbols,
        Func<NodeClient, ParseResult, CancellationToken, Task> run)
    {
        Command verb = new(name, description) { Json };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else verb.Add((Option)symbol);
        }

        verb.Add(common.Url);
        verb.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            await run(node, parsed, ct);
        });
        return verb;
    }

    private static async Task ListAsync(NodeClient node, ParseResult parsed, CancellationToken ct)
    {
        JsonNode answer = await node.GetJsonAsync(Path, ct);
        if (parsed.GetValue(Json))
        {
            Show(parsed, answer);
            return;
        }

        TextTable table = new("tombstone", "database", "table", "where", "before", "state");
        foreach (JsonNode? one in answer["tombstones"]!.AsArray())
        {
            table.Add(
                Text(one, "number"), Text(one, "database"), Text(one, "table"),
                Text(one, "where") is { Length: > 0 } where ? where : "every series",
                Text(one, "before"),
                one!["lifted_by"] is { } lifted ? $"lifted by change {lifted}"
                    : one["final_by"] is { } final ? $"final by change {final}" : "in force");
        }

        table.Print(Console.Out);
        Console.WriteLine();
        Receipt(answer, Number(answer));
        if (answer["tombstones"]!.AsArray().Any(one => one!["lifted_by"] is null)) Console.WriteLine(Remains);
    }

    // Asks again until all that can be reached have applied the change, or the time is over.
    private static async Task<JsonNode> SettleAsync(
        NodeClient node, HttpMethod method, string path, TimeSpan wait, CancellationToken ct)
    {
        JsonNode first = await node.AskJsonAsync(method, path, ct);
        JsonNode answer = first;
        long started = Stopwatch.GetTimestamp();
        while (!IsSettled(answer, Number(first)) && Stopwatch.GetElapsedTime(started) < wait)
        {
            await Task.Delay(AskEvery, TimeProvider.System, ct);
            answer = await node.GetJsonAsync(Path, ct);
        }

        answer["change"] = Number(first);
        foreach (string said in (string[])["tombstone", "table_is_known", "unknown_tags"])
            if (first[said] is { } value) answer[said] = value.DeepClone();
        return answer;
    }

    private static bool IsSettled(JsonNode answer, long number) => Parties(answer)
        .All(party => !party.IsReachable || (party.Applied >= number && party.FilesLeft is null or 0));

    // Remark: what it means for the points.
    private static void Show(ParseResult parsed, JsonNode answer, string remark = Remains)
    {
        if (parsed.GetValue(Json))
        {
            Console.WriteLine(answer.ToJsonString(new() { WriteIndented = true }));
            return;
        }

        if (answer["tombstone"] is { } tombstone) Console.WriteLine($"tombstone {tombstone} is in force");
        if (answer["table_is_known"]?.GetValue<bool>() == false)
        {
            Console.WriteLine(
                "WARNING: no cloud node has points of this table. Nothing is erased until some come: look at "
                + "the name once more");
        }

        foreach (JsonNode? tag in answer["unknown_tags"] as JsonArray ?? [])
        {
            Console.WriteLine(
                $"WARNING: no cloud node knows a tag '{tag}' of this table. Nothing is erased until points "
                + "with it come: look at the name once more");
        }

        Receipt(answer, answer["change"]!.GetValue<long>());
        Console.WriteLine(remark);
    }

    private static void Receipt(JsonNode answer, long number)
    {
        bool isAnyFinal = answer["tombstones"]!.AsArray().Any(one => one!["final_by"] is not null);
        TextTable table = new("who", "applied", "state", "files that may have final ones");
        foreach ((string kind, string id, long? applied, long? left, bool isReachable) in Parties(answer))
        {
            table.Add(
                $"{kind} {id}",
                applied?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-",
                applied >= number ? "all changes applied"
                    : isReachable ? "has not applied all yet"
                    // The node that is asked may not know whether an edge is connected to another one.
                    : kind == "edge" ? "has not said so yet: applies it as soon as it is connected"
                    : "not reached: applies it when it is back",
                !isAnyFinal ? "-" : left is null || applied < number ? "unknown"
                    : left == 0 ? "none: removed" : $"{left}");
        }

        table.Print(Console.Out);
    }

    private static IEnumerable<(string Kind, string Id, long? Applied, long? FilesLeft, bool IsReachable)>
        Parties(JsonNode answer) =>
        Kinds.SelectMany(kind => answer[kind]!.AsArray().Select(party => (
            kind[..^1], Text(party, "id"), party!["applied"]?.GetValue<long>(),
            party["files_left"]?.GetValue<long>(), party["reachable"]!.GetValue<bool>())));

    private static long Number(JsonNode answer) => answer["number"]!.GetValue<long>();

    private static string Text(JsonNode? of, string name) => of?[name]?.ToString() ?? "";

    private static string Escaped(string text) => Uri.EscapeDataString(text);

    private static string Required(ParseResult parsed, Option<string> option) =>
        parsed.GetValue(option) is { Length: > 0 } value ? value : throw new TsDbException(
            ErrorKind.Invalid, $"'tsdb delete' needs {option.Name} (see 'tsdb delete --help')");

    private static TimeSpan WaitOf(string text) => DurationText.Require("--wait", text);
}
