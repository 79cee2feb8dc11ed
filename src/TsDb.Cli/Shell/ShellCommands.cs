using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Shell;

/// <summary>What the commands of the shell do; most are questions to the node.</summary>
/// <param name="state">What the session remembers.</param>
/// <param name="history">What was typed.</param>
/// <param name="ask">Asks and prints the answer.</param>
/// <param name="check">Asks and prints nothing; throws what the node says against it.</param>
internal sealed class ShellCommands(
    ShellState state, History history, Func<QueryCall, Task> ask, Func<QueryCall, Task> check)
{
    private const string ConflictsSql =
        "SELECT table_name, column_name, written_name, data_type FROM information_schema.columns "
        + "WHERE has_conflict ORDER BY ALL";

    /// <summary>Runs one; throws <see cref="ErrorKind.Invalid"/> if it is none.</summary>
    public async Task RunAsync(string line)
    {
        string[] words = line.Trim().TrimEnd(';').Split(
            ' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string argument = words.Length > 1 ? words[1].Trim('"') : "";
        switch (words[0].TrimStart('\\'))
        {
            case "q" or "quit" or "exit": state.IsOver = true; break;
            case "?" or "h" or "help": Console.WriteLine(ShellHelp.Text()); break;
            case "l": await TableAsync("SHOW DATABASES"); break;
            case "d" when argument.Length == 0: await TableAsync("SHOW TABLES"); break;
            case "d": await TableAsync($"DESCRIBE \"{argument.Replace("\"", "\"\"")}\""); break;
            case "conflicts": await TableAsync(ConflictsSql); break;
            case "c": await ConnectAsync(Required(argument, "\\c DATABASE")); break;
            case "f": state.Call = state.Call with { Format = Among(argument, ShellHelp.Formats) }; break;
            case "o": state.OutputPath = argument.Length == 0 ? null : Path.GetFullPath(argument); break;
            case "fresh": state.Call = state.Call with { Fresh = Switch(argument, state.Call.Fresh) }; break;
            case "partial":
                state.Call = state.Call with { AllowPartial = Switch(argument, state.Call.AllowPartial) };
                break;
            case "consistency":
                state.Call = state.Call with { Consistency = Among(argument, ["one", "quorum", "all"]) };
                break;
            case "timing": state.HasTiming = Switch(argument, state.HasTiming); break;
            case "s":
                foreach (string entry in history.Entries) Console.WriteLine(entry);
                break;
            default:
                throw new TsDbException(
                    ErrorKind.Invalid, $"'{words[0]}' is no command of the shell: \\? lists them");
        }

        if (words[0].TrimStart('\\') is "fresh" or "partial" or "timing" or "consistency" or "f" or "o")
            Console.WriteLine(Settings());
    }

    // Whoever mistypes a name stays where it was.
    private async Task ConnectAsync(string database)
    {
        QueryCall call = state.Call with { Database = database };
        await check(call with { Sql = "SELECT 1", Format = "csv" });
        state.Call = call;
    }

    private string Settings() =>
        $"format {state.Call.Format}, to {state.OutputPath ?? "the terminal"}, consistency "
        + $"{state.Call.Consistency ?? "quorum"}, fresh {OnOff(state.Call.Fresh)}, partial "
        + $"{OnOff(state.Call.AllowPartial)}, timing {OnOff(state.HasTiming)}";

    private Task TableAsync(string sql) => ask(state.Call with { Sql = sql, Format = "table" });

    private static string OnOff(bool value) => value ? "on" : "off";

    private static bool Switch(string text, bool now) => text switch
    {
        "" => !now,
        "on" => true,
        "off" => false,
        _ => throw new TsDbException(ErrorKind.Invalid, $"'{text}' is neither on nor off"),
    };

    private static string Required(string text, string usage) => text.Length > 0
        ? text
        : throw new TsDbException(ErrorKind.Invalid, $"say {usage}");

    private static string Among(string text, IReadOnlyList<string> allowed) => allowed.Contains(text)
        ? text
        : throw new TsDbException(ErrorKind.Invalid, $"'{text}' is none of {string.Join(", ", allowed)}");
}
