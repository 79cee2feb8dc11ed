namespace TsDb.Cli.Demo;

/// <summary>One node of a fleet and where it listens (host:port).</summary>
internal sealed record NodePlan(string Name, bool IsCloud)
{
    public required string Http { get; init; }

    public required string Mqtt { get; init; }

    public string Flight { get; init; } = "";

    public string Cluster { get; init; } = "";

    /// <summary>What its command line begins with: where it runs, if not just here.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>The host that others know it by; empty for the one that it listens on.</summary>
    public string Advertise { get; init; } = "";

    /// <summary>The folder of its programs; empty for those of this build.</summary>
    public string Programs { get; init; } = "";

    public string Url => $"http://{Http}";

    /// <summary>One of its addresses as the others know it.</summary>
    public string SeenAs(string address) =>
        Advertise.Length == 0 ? address : $"{Advertise}{address[address.LastIndexOf(':')..]}";
}
