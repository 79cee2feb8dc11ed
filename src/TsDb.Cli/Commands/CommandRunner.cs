using System.CommandLine;
using System.CommandLine.Invocation;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary>Runs a command line: wrong usage ends with 2, a failure with 1 and one sentence, Ctrl-C with 130,
/// SIGTERM with 143.</summary>
internal static class CommandRunner
{
    private const int UsageWrong = 2;

    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
                await Console.Error.WriteLineAsync($"tsdb: {error.Message}");
            await Console.Error.WriteLineAsync("Try 'tsdb --help'.");
            return UsageWrong;
        }

        using Interruption interruption = new();
        InvocationConfiguration plain = new()
        {
            EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null,
        };
        try
        {
            return await interruption.WaitAsync(parsed.InvokeAsync(plain, interruption.Token));
        }
        catch (TsDbException e)
        {
            await Console.Error.WriteLineAsync($"tsdb: {e.Message}");
            return interruption.ExitCode ?? (e.Kind == ErrorKind.Invalid ? UsageWrong : 1);
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"tsdb: {e.Message}");
            return interruption.ExitCode ?? 1;
        }
        catch (OperationCanceledException) when (interruption.ExitCode is not null)
        {
            await Console.Error.WriteLineAsync("tsdb: interrupted");
            return interruption.ExitCode.Value;
        }
    }
}
