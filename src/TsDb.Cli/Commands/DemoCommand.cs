using System.CommandLine;
using System.Text.Json;
using TsDb.Cli.Demo;
using TsDb.Cli.Output;
using TsDb.Model;

namespace TsDb.Cli.Commands;

/// <summary><c>tsdb demo</c>: the whole loop on this machine, or with <c>--keep</c> a fleet that
/// stays.</summary>
internal static class DemoCommand
{
    private const string StateFile = "fleet.json";
    private const int Clouds = 3;
    private const int Edges = 2;

    public static Command Create()
    {
        Option<bool> keep =
            new("--keep") { Description = "Start the fleet on the default ports and leave it running" };
        Option<bool> stop = new("--stop") { Description = "Stop the fleet that --keep left running" };
        Option<string> folder = new("--dir")
        {
            Description = "Where the fleet of --keep has its data",
            DefaultValueFactory = _ => "tsdb-fleet",
        };
        Command command =
            new("demo", "Run three cloud nodes and two edges here, stream this machine's metrics "
            + "through them, kill a node, and count.") { keep, stop, folder };
        command.SetAction(async (parsed, ct) =>
        {
            string path = Path.GetFullPath(parsed.GetRequiredValue(folder));
            if (parsed.GetValue(stop)) return Stop(path);
            return parsed.GetValue(keep) ? await KeepAsync(path, ct) : await DemonstrateAsync(ct);
        });
        return command;
    }

    private static async Task<int> DemonstrateAsync(CancellationToken ct)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("tsdb-demo-");
        bool equal;
        await using (Fleet fleet =
            new(FleetPlan.OnFreePorts(folder.FullName, Clouds, Edges), TimeProvider.System))
        {
            await fleet.StartAsync(ct);
            equal = await new DemoRun(fleet, TimeProvider.System).RunAsync(ct);
        }

        if (!equal) return 1;
        folder.Delete(recursive: true);
        return 0;
    }

    private static async Task<int> KeepAsync(string folder, CancellationToken ct)
    {
        string state = Path.Combine(folder, StateFile);
        if (File.Exists(state))
            throw new TsDbException(ErrorKind.Conflict,
                $"a fleet runs from {folder}: 'tsdb demo --stop' ends it");
        await using Fleet fleet = new(FleetPlan.OnDefaultPorts(folder, Clouds, Edges), TimeProvider.System);
        await fleet.StartAsync(ct);
        int[] processes = [.. fleet.Processes.Values.Select(p => p.Id)];
        await File.WriteAllTextAsync(state, JsonSerializer.Serialize(processes), ct);
        fleet.Keep();
        Print(fleet.Plan);
        return 0;
    }

    private static void Print(FleetPlan plan)
    {
        TextTable table = new("node", "http", "mqtt");
        foreach (NodePlan node in plan.Nodes) table.Add(node.Name, node.Url, node.Mqtt);
        table.Print(Console.Out);
        NodePlan edge = plan.Edges.First(), cloud = plan.Clouds.First();
        Console.WriteLine($"""

            data and logs: {plan.Folder}

            write:  echo 'weather,city=Oslo temperature=21.5' | tsdb write --url {edge.Url}
            sensor: mosquitto_pub -p {edge.Mqtt.Split(
                ':')[1]} -q 1 -t tsdb/write/default -m 'weather,city=Oslo temperature=21.7'
            ask the edge:  tsdb query --url {edge.Url} 'SELECT * FROM weather'
            the fleet: tsdb query --url {cloud.Url} 'SELECT city, avg(temperature) FROM weather GROUP BY 1'
            look:   tsdb status --url {cloud.Url}
            stop:   tsdb demo --stop --dir {plan.Folder}
            """);
    }

    private static int Stop(string folder)
    {
        string state = Path.Combine(folder, StateFile);
        if (!File.Exists(state))
            throw new TsDbException(ErrorKind.NotFound,
                $"no fleet runs from {folder}: --dir names another folder");
        int[] processes = JsonSerializer.Deserialize<int[]>(File.ReadAllText(state)) ?? [];
        foreach (int process in processes) NodeProcess.Terminate(process);
        File.Delete(state);
        Console.WriteLine($"{processes.Length} nodes were asked to stop; their data stays in {folder}");
        return 0;
    }
}
