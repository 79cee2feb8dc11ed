using System.Globalization;

namespace TsDb.Cli.Demo;

/// <summary>The programs of a small fleet with their addresses: three cloud nodes, two edges.</summary>
internal sealed record FleetPlan(string Folder, IReadOnlyList<NodePlan> Nodes)
{
    /// <summary>Flags that every cloud node gets besides its addresses.</summary>
    public IReadOnlyList<string> CloudFlags { get; init; } = [];

    /// <summary>
    /// Flags that every edge gets besides its addresses: by default seconds instead of the usual minute, so
    /// that the
    /// way of a point can be watched.
    /// </summary>
    public IReadOnlyList<string> EdgeFlags { get; init; } = ["--seal-age", "2s", "--ship-delay", "500ms"];

    /// <summary>Where edges ship to instead of the cloud nodes' own brokers; null for these.</summary>
    public string? Uplink { get; init; }

    public IEnumerable<NodePlan> Clouds => Nodes.Where(n => n.IsCloud);

    public IEnumerable<NodePlan> Edges => Nodes.Where(n => !n.IsCloud);

    /// <summary>Default ports where they are free (the next node of a kind 100 higher), else free
    /// ones.</summary>
    public static FleetPlan OnDefaultPorts(string folder, int clouds, int edges) =>
        Create(folder, clouds, edges, preferDefaults: true);

    /// <summary>Free ports only.</summary>
    public static FleetPlan OnFreePorts(string folder, int clouds, int edges) =>
        Create(folder, clouds, edges, preferDefaults: false);

    private static IReadOnlyList<string> ProgramOf(NodePlan node)
    {
        string name = node.IsCloud ? "tsdb-cloud" : "tsdb-edge";
        return node.Programs.Length == 0 ? Programs.Find(name) : [Path.Combine(node.Programs, name)];
    }

    private static FleetPlan Create(string folder, int clouds, int edges, bool preferDefaults)
    {
        HashSet<int> taken = [];
        string Address(int port)
        {
            int chosen =
                preferDefaults && taken.Add(port) && FreePorts.IsFree(port) ? port : FreePorts.Next();
            return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{chosen}");
        }

        IEnumerable<NodePlan> cloudNodes =
            Enumerable.Range(0, clouds).Select(i => new NodePlan($"cloud-{i + 1}", true)
        {
            Http = Address(8088 + (100 * i)),
            Flight = Address(8089 + (100 * i)),
            Cluster = Address(8090 + (100 * i)),
            Mqtt = Address(1884 + (100 * i)),
        });
        IEnumerable<NodePlan> edgeNodes =
            Enumerable.Range(0, edges).Select(i => new NodePlan($"edge-{i + 1}", false)
        {
            Http = Address(8086 + (100 * i)),
            Mqtt = Address(1883 + (100 * i)),
        });
        return new FleetPlan(folder, [.. cloudNodes, .. edgeNodes]);
    }

    /// <summary>The command line of a node, program first.</summary>
    public IReadOnlyList<string> CommandOf(NodePlan node)
    {
        string data = Path.Combine(Folder, node.Name);
        List<string> command =
        [
            .. node.Launcher, .. ProgramOf(node),
            "--id", node.Name, "--data", data, "--http", node.Http,
        ];
        if (node.IsCloud)
        {
            command.AddRange(["--flight", node.Flight, "--cluster", node.Cluster, "--broker", node.Mqtt]);
            command.AddRange(["--seeds", string.Join(',', Clouds.Select(c => c.SeenAs(c.Cluster)))]);
            if (node.Advertise.Length > 0) command.AddRange(["--advertise", node.Advertise]);
            command.AddRange(CloudFlags);
        }
        else
        {
            command.AddRange(["--mqtt", node.Mqtt, .. EdgeFlags]);
            command.AddRange(
                ["--uplink", Uplink ?? string.Join(',', Clouds.Select(c => $"mqtt://{c.SeenAs(c.Mqtt)}"))]);
        }

        return command;
    }
}
