using System.CommandLine;
using System.Globalization;
using System.Text;
using TsDb.Cli.Nodes;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb shell</c>: statements over several lines until a semicolon, with the time each
/// took.</summary>
internal static class ShellCommand
{
    public static Command Create(CommonOptions common)
    {
        QueryOptions options = new();
        Command command = new("shell", "Ask one question after the other. A statement ends with ';', "
            + "\\q leaves.");
        common.AddTo(command);
        options.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            using NodeClient node = new(parsed.GetRequiredValue(common.Url));
            QueryCall call = options.Read(parsed, parsed.GetRequiredValue(common.Database), sql: "");
            await RunAsync(node, call, ct);
        });
        return command;
    }

    private static async Task RunAsync(NodeClient node, QueryCall call, CancellationToken ct)
    {
        bool prompt = !Console.IsInputRedirected;
        StringBuilder statement = new();
        while (!ct.IsCancellationRequested)
        {
            if (prompt) Console.Write(statement.Length == 0 ? $"{call.Database}> " : "   ...> ");
            string? line = await Console.In.ReadLineAsync(ct);
            if (line is null || line.Trim() is "\\q" or "exit" or "quit") return;
            statement.AppendLine(line);
            if (!line.TrimEnd().EndsWith(';')) continue;
            await AskAsync(node, call with { Sql = statement.ToString() }, ct);
            statement.Clear();
        }
    }

    private static async Task AskAsync(NodeClient node, QueryCall call, CancellationToken ct)
    {
        long started = TimeProvider.System.GetTimestamp();
        try
        {
            await QueryCommand.RunAsync(node, call, ct);
            TimeSpan took = TimeProvider.System.GetElapsedTime(started);
            Console.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{took.TotalMilliseconds:0.0} ms"));
        }
        catch (TsDbException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
        }
    }
}
