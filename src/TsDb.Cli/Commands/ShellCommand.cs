using System.CommandLine;
using TsDb.Cli.Nodes;
using TsDb.Cli.Shell;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb shell</c>: one question after the other, typed or from a pipe.</summary>
internal static class ShellCommand
{
    public static Command Create(CommonOptions common)
    {
        QueryOptions options = new();
        Command command = new(
            "shell",
            "Ask one question after the other. A statement ends with ';', \\? lists what else there is, "
            + "\\q leaves.");
        common.AddTo(command);
        options.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            QueryCall call = options.Read(parsed, parsed.GetRequiredValue(common.Database), sql: "");
            bool isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected
                && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
            return await new ShellSession(node, call, isTerminal).RunAsync(ct) ? 0 : 1;
        });
        return command;
    }
}
