using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using TsDb.Cli.Demo;

namespace TsDb.Integration;

/// <summary>A node that cannot start says why in a line, without a trace, and ends with 2.</summary>
public sealed class StartTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-test-");
    private readonly TcpListener _taken = new(IPAddress.Loopback, 0);

    public StartTests() => _taken.Start();

    /// <summary>A program, its flags (with {taken} for an address in use) and what it says.</summary>
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "tsdb-edge", "--ship-rate 0 --uplink mqtt://127.0.0.1:1", "--ship-rate must be above zero" },
        { "tsdb-edge", "--http {taken}", "{taken}: address already in use. Stop what listens there" },
        { "tsdb-edge", "--config {folder}/bad.json", "bad.json: it is no JSON from line 2, byte 3 on" },
        { "tsdb-cloud", "--cluster {taken}", "cannot listen on {taken}, the address of --cluster: Address" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_said_in_a_line(string program, string flags, string words)
    {
        CancellationToken ct = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "bad.json"), "{\n  data: 1 }", ct);
        string others = program == "tsdb-edge"
            ? "--http 127.0.0.1:0 --mqtt off"
            : "--http 127.0.0.1:0 --flight 127.0.0.1:0 --broker 127.0.0.1:0 --cluster 127.0.0.1:0";
        string first = flags.Split(' ')[0];
        if (others.Contains(first, StringComparison.Ordinal))
            others = others.Replace($"{first} 127.0.0.1:0", "", StringComparison.Ordinal);
        ProcessStartInfo start = new(Programs.Find(program)[0])
        {
            Arguments = Said($"--data {{folder}}/data --log-level warning {others} {flags}"),
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        string[] lines = (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(Said(words), Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal(2, process.ExitCode);
    }

    public void Dispose()
    {
        _taken.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Said(string text) => text
        .Replace("{taken}", _taken.LocalEndpoint.ToString(), StringComparison.Ordinal)
        .Replace("{folder}", _folder.FullName, StringComparison.Ordinal);
}
