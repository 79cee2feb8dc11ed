using System.Diagnostics;
using TsDb.Cli.Demo;

namespace TsDb.Integration.Fleets;

/// <summary>What <c>tsdb</c> said and how it ended, as a user sees it.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs <c>tsdb</c> with these arguments to its end.</summary>
    public static Task<CommandLine> RunAsync(params string[] arguments) =>
        RunAsync(_ => Task.CompletedTask, arguments);

    /// <summary>Runs <c>tsdb</c> to its end, with something that is done to the process under way.</summary>
    public static async Task<CommandLine> RunAsync(Func<int, Task> underWay, params string[] arguments)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;

        // Signals as a terminal has them, also where whoever runs the tests ignores some.
        ProcessStartInfo start = new("env")
        {
            ArgumentList = { "--default-signal=INT", Programs.Find("tsdb")[0] },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(ct);
        Task<string> errors = process.StandardError.ReadToEndAsync(ct);
        await underWay(process.Id);
        await process.WaitForExitAsync(ct);
        return new CommandLine(process.ExitCode, await output, await errors);
    }
}
