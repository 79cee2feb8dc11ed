using System.CommandLine;
using System.CommandLine.Invocation;
using System.Text.Json;
using System.Text.Json.Nodes;
using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>
/// The settings of a long-running program. Each comes from, first found first: the command line, the
/// environment
/// (<c>TSDB_...</c>), the JSON file named by <c>--config</c>, the default.
/// </summary>
public sealed class FlagParser(string program, string description, IReadOnlyList<Flag> flags)
{
    internal const string DefaultOrigin = "default";

    private static readonly Flag Config = new(
        "config", "", "JSON file with settings; keys are the flags without dashes, lists may be arrays");

    private readonly Flag[] _flags = [.. flags, Config];

    /// <summary>Reads all settings. Never throws for wrong input: the outcome carries the reason and exit
    /// code 2.</summary>
    public FlagOutcome Parse(
        IReadOnlyList<string> args, Func<string, string?> environment, Func<string, string> readFile)
    {
        (RootCommand command, Dictionary<string, Option<string?>> options) = Build();
        ParseResult parsed = command.Parse(args);
        if (parsed.Action is not null and not ParseErrorAction) return Invoke(parsed);
        if (parsed.Errors.Count > 0)
        {
            IEnumerable<string> lines = parsed.Errors.Select(e => $"{program}: {e.Message}");
            string reasons = string.Join(Environment.NewLine, lines);
            return new FlagOutcome.Exit(2, $"{reasons}{Environment.NewLine}Try '{program} --help'.");
        }

        try
        {
            string? file = parsed.GetValue(options[Config.Name]) ?? environment(Config.Variable);
            JsonObject fromFile = file is null ? [] : ReadConfig(file, readFile);
            return new FlagOutcome.Run(new FlagValues(_flags.ToDictionary(
                flag => flag.Name,
                flag => Find(flag, parsed.GetValue(options[flag.Name]), environment, fromFile, file))));
        }
        catch (Exception e)
            when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return new FlagOutcome.Exit(2, $"{program}: {e.Message}");
        }
    }

    private static (string Text, string Origin) Find(
        Flag flag, string? typed, Func<string, string?> environment, JsonObject fromFile, string? file)
    {
        if (typed is not null) return (typed, "command line");
        if (environment(flag.Variable) is { } variable) return (variable, flag.Variable);
        return fromFile[flag.Name] is { } node
            ? (TextOf(flag, node, file), file!)
            : (flag.Default, DefaultOrigin);
    }

    private static string TextOf(Flag flag, JsonNode node, string? file) => node switch
    {
        JsonArray array => string.Join(',', array.Select(item => item?.ToString())),
        JsonValue value => value.ToString(),
        _ => throw new FormatException($"{file}: '{flag.Name}' must be a value or a list"),
    };

    private static FlagOutcome.Exit Invoke(ParseResult parsed)
    {
        using StringWriter output = new();
        int code = parsed.Invoke(new InvocationConfiguration { Output = output, Error = output });
        return new FlagOutcome.Exit(code, output.ToString().TrimEnd());
    }

    private JsonObject ReadConfig(string path, Func<string, string> readFile)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(
                readFile(path), documentOptions: new() { CommentHandling = JsonCommentHandling.Skip });
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}: {JsonFault.Describe(e)}", e);
        }

        if (root is not JsonObject settings) throw new FormatException($"{path}: a JSON object is expected");
        string? unknown = settings
            .Select(pair => pair.Key)
            .FirstOrDefault(key => _flags.All(f => f.Name != key));
        return unknown is null
            ? settings
            : throw new FormatException(
                $"{path}: '{unknown}' is not a setting; '{program} --help' lists them");
    }

    private (RootCommand Command, Dictionary<string, Option<string?>> Options) Build()
    {
        RootCommand command = new($"{description}{Environment.NewLine}{Environment.NewLine}"
            + "Every flag can also come from the environment (--seal-age is TSDB_SEAL_AGE) or from a "
            + "JSON file (--config). Durations: 500ms 2s 5m 1h 7d. Sizes: 64MiB or bytes. Lists: "
            + "comma-separated.");
        Dictionary<string, Option<string?>> options = [];
        foreach (Flag flag in _flags)
        {
            Option<string?> option = new(flag.Dashed)
            {
                Description = $"{flag.Help} [default: {(flag.Default.Length == 0 ? "none" : flag.Default)}]",
                HelpName = flag.IsSwitch ? "true|false" : "value",
                Arity = flag.IsSwitch ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
            };
            if (flag.IsSwitch)
                option.CustomParser = result => result.Tokens.Count == 0 ? "true" : result.Tokens[0].Value;
            options.Add(flag.Name, option);
            command.Add(option);
        }

        return (command, options);
    }
}
