using System.CommandLine;

namespace TsDb.Cli.Commands;

/// <summary>Options that every command towards a node has.</summary>
internal sealed class CommonOptions
{
    private const string UrlDefault = "http://127.0.0.1:8086";

    public Option<string> Url { get; } = new("--url")
    {
        Description = "The node to talk to (environment: TSDB_URL)",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TSDB_URL") ?? UrlDefault,
    };

    public Option<string> Database { get; } = new("--db")
    {
        Description = "The database (environment: TSDB_DB)",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TSDB_DB") ?? "default",
    };

    public void AddTo(Command command)
    {
        command.Add(Url);
        command.Add(Database);
    }
}
