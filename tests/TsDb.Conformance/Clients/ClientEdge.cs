using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

[assembly: AssemblyFixture(typeof(TsDb.Conformance.Clients.ClientEdge))]

namespace TsDb.Conformance.Clients;

/// <summary>
/// A real edge in a process of its own, for all clients together, and the clients of npm, installed once for
/// a lock file.
/// </summary>
public sealed class ClientEdge : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tsdb-clients-");
    private Process? _process;
    private string _ready = "";
    private string? _whyNoClients;

    /// <summary>Folder of the scripts, and of the packages that they use.</summary>
    private static string Scripts => Path.Combine(AppContext.BaseDirectory, "Clients", "scripts");

    /// <summary>
    /// Address of a listener of the edge, <c>host:port</c>; starts the edge if it does not run yet.
    /// </summary>
    public async Task<string> AddressAsync(string listener)
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_process is null) await StartAsync();
        }
        finally
        {
            _gate.Release();
        }

        return _ready.Split(' ').Single(word => word.StartsWith(listener + '=', StringComparison.Ordinal))
            [(listener.Length + 1)..];
    }

    /// <summary>
    /// Runs one of the scripts; its last line is a JSON object. Skips the test where node or the packages
    /// cannot be had.
    /// </summary>
    public async Task<JsonElement> ScriptAsync(string script, params string[] arguments)
    {
        string node = RunningProgram.Require("node", "nodejs");
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _whyNoClients ??= await InstallAsync();
        }
        finally
        {
            _gate.Release();
        }

        if (_whyNoClients.Length > 0) Assert.Skip(_whyNoClients);
        (int code, string output, string errors) =
            await RunningProgram.RunAsync(node, [script, .. arguments], folder: Scripts);
        Assert.True(code == 0, $"{script}: {output}\n{errors}");
        using JsonDocument told = JsonDocument.Parse(output.Trim().Split('\n')[^1]);
        return told.RootElement.Clone();
    }

    /// <summary>The rows of a question to the edge.</summary>
    public async Task<string> AskAsync(string database, string sql)
    {
        using HttpClient client = new() { BaseAddress = new Uri($"http://{await AddressAsync("http")}") };
        using HttpResponseMessage answer = await client.PostAsJsonAsync(
            "/api/v3/query_sql", new { db = database, q = sql }, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _gate.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task StartAsync()
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "..", "..", "tsdb-edge"))
        {
            ArgumentList =
            {
                "--id", "clients", "--data", _folder.FullName, "--http", "127.0.0.1:0",
                "--mqtt", "127.0.0.1:0", "--log-level", "error",
            },
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        _ready = await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)
            ?? throw new InvalidOperationException("the edge ended before it was ready");
    }

    /// <summary>
    /// Installs the packages unless they are those of the lock file already; why not, or "".
    /// </summary>
    private static async Task<string> InstallAsync()
    {
        string npm = RunningProgram.Require("npm", "npm");
        string installed = Path.Combine(Scripts, "node_modules", ".installed");
        string wanted = await File.ReadAllTextAsync(Path.Combine(Scripts, "package-lock.json"));
        if (File.Exists(installed) && await File.ReadAllTextAsync(installed) == wanted) return "";
        (int code, _, string errors) = await RunningProgram.RunAsync(
            npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], folder: Scripts);
        if (code != 0) return $"npm could not install the clients: {errors}";
        await File.WriteAllTextAsync(installed, wanted);
        return "";
    }
}
