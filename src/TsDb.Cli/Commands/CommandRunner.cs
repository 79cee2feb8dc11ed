using System.CommandLine;
using System.CommandLine.Invocation;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary>Runs a command line: wrong usage ends with 2, a failure with 1 and one sentence, Ctrl-C with
/// 130.</summary>
internal static class CommandRunner
{
    private const int UsageWrong = 2;
    private const int Interrupted = 130;

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

        using CancellationTokenSource interrupted = new();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            interrupted.Cancel();
        };
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false }, interrupted.Token);
        }
        catch (TsDbException e)
        {
            await Console.Error.WriteLineAsync($"tsdb: {e.Message}");
            return e.Kind == ErrorKind.Invalid ? UsageWrong : 1;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"tsdb: {e.Message}");
            return 1;
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("tsdb: interrupted");
            return Interrupted;
        }
    }
}
