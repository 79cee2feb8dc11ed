using System.Globalization;
using TsDb.Cli.Demo;

namespace TsDb.Integration.Networks;

/// <summary>The programs of a fleet, each on a machine of its own.</summary>
internal static class NetworkPlan
{
    /// <summary>A plan over machines that are made for it.</summary>
    public static FleetPlan Of(TestNetwork network, string folder, int clouds, int edges) => new(
        folder,
        [
            .. Enumerable.Range(1, clouds).Select(i => Cloud(network, Name("cloud", i))),
            .. Enumerable.Range(1, edges).Select(i => Edge(network, Name("edge", i))),
        ])
    {
        CloudFlags = ["--insecure-bind", "--move-grace", "2s"],
        EdgeFlags = ["--insecure-bind", "--seal-age", "500ms", "--ship-delay", "100ms"],
    };

    /// <summary>A cloud node on a new machine.</summary>
    public static NodePlan Cloud(TestNetwork network, string name)
    {
        string host = network.Add(name);
        return new NodePlan(name, IsCloud: true)
        {
            Http = $"{host}:8088",
            Flight = $"{host}:8089",
            Cluster = $"{host}:8090",
            Mqtt = $"{host}:1884",
            Launcher = network.Launcher(name),
        };
    }

    private static NodePlan Edge(TestNetwork network, string name)
    {
        string host = network.Add(name);
        return new NodePlan(name, IsCloud: false)
        {
            Http = $"{host}:8086",
            Mqtt = $"{host}:1883",
            Launcher = network.Launcher(name),
        };
    }

    private static string Name(string kind, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}");
}
