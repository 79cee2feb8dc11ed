using System.CommandLine;
using System.Text.Json.Nodes;
using TsDb.Cli.Nodes;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb databases</c>: which there are, and how long their points are kept.</summary>
internal static class DatabasesCommand
{
    private const string Path = "/api/v1/databases";

    public static Command Create(CommonOptions common)
    {
        Argument<string> name = new("name") { Description = "The database" };
        Option<string> table = new("--table") { Description = "Only this table of it" };
        Option<string> retention = new("--retention")
        {
            Description = "How long points are kept: 7d, 36h, or none for ever",
            Required = true,
        };
        Command command = new("databases", "List databases and say how long their points are kept.")
        {
            Verb(common, "list", "What there is and what its rules are.", [], _ => (HttpMethod.Get, Path)),
            Verb(common, "create", "Make a database known to all.", [name],
                parsed => (HttpMethod.Post, $"{Path}?name={Escaped(parsed, name)}")),
            Verb(common, "set", "Set how long points of a database or of one table are kept.",
                [name, table, retention],
                parsed => (HttpMethod.Put, $"{Path}?name={Escaped(parsed, name)}"
                    + (parsed.GetValue(table) is { } one ? $"&table={Uri.EscapeDataString(one)}" : "")
                    + $"&retention={Uri.EscapeDataString(parsed.GetRequiredValue(retention))}")),
            Verb(common, "drop", "Forget a database without points.", [name],
                parsed => (HttpMethod.Delete, $"{Path}?name={Escaped(parsed, name)}")),
        };
        return command;
    }

    private static string Escaped(ParseResult parsed, Argument<string> name) =>
        parsed.GetRequiredValue(name) is { Length: > 0 } given
            ? Uri.EscapeDataString(given)
            : throw new TsDbException(ErrorKind.Invalid, "the name of the database is empty");

    private static Command Verb(
        CommonOptions common, string name, string description, Symbol[] symbols,
        Func<ParseResult, (HttpMethod Method, string Path)> call)
    {
        Option<bool> json = new("--json") { Description = "The node's own JSON instead of a table" };
        Command verb = new(name, description) { json };
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument) verb.Add(argument);
            else verb.Add((Option)symbol);
        }

        verb.Add(common.Url);
        verb.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            (HttpMethod method, string path) = call(parsed);
            JsonNode answer = await node.AskJsonAsync(method, path, ct);
            if (parsed.GetValue(json)) Console.WriteLine(answer.ToJsonString(new() { WriteIndented = true }));
            else Print(answer);
            if (answer["table_is_known"]?.GetValue<bool>() != false) return;
            await Console.Error.WriteLineAsync(
                "tsdb: no node has points of this table (yet): look at the name once more");
        });
        return verb;
    }

    private static void Print(JsonNode answer)
    {
        TextTable table = new("database", "table", "kept", "gone before");
        foreach (JsonNode? database in answer["databases"] as JsonArray ?? [])
        {
            Add(table, database, "");
            foreach (JsonNode? one in database?["tables"] as JsonArray ?? [])
                Add(table, one, one?["name"]?.ToString() ?? "", database?["name"]?.ToString());
        }

        table.Print(Console.Out);
    }

    private static void Add(TextTable table, JsonNode? rule, string of, string? database = null) => table.Add(
        database ?? rule?["name"]?.ToString() ?? "",
        of,
        rule?["retention"]?.ToString() ?? "for ever",
        rule?["gone_before"]?.ToString() ?? "-");
}
