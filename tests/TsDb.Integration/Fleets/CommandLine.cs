using System.Diagnostics;
using TsDb.Cli.Demo;

namespace TsDb.Integration.Fleets;

/// <summary>What <c>tsdb</c> said and how it ended, as a user sees it.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs <c>tsdb</c> with these arguments to its end.</summary>
    public static async Task<CommandLine> RunAsync(params string[] arguments)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        ProcessStartInfo start = new(Programs.Find("tsdb")[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(ct);
        Task<string> errors = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return new CommandLine(process.ExitCode, await output, await errors);
    }
}
